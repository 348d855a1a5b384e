"""The tables of a run's settings, with the default and the help of each setting."""

from __future__ import annotations

from dataclasses import dataclass

from .. import tasks
from ..runtime.quantisations import AUTO, QUANTIZE
from .config_checks import as_texts
from .config_fields import Table, option
from .optimizers import OPTIMIZERS, SCHEDULES, WARM_UP

FORMS = tasks.forms()
STRATEGIES = ("auto", "one", "mirrored", "multi_worker", "tpu", "parameter_server")


@dataclass(frozen=True)
class DataConfig(Table):
    """The table `[data]`: the texts, their columns and their splits."""

    source: str = option(
        "", "imdb, sample, sample:SIZE, a file (.csv, .jsonl, .xlsx, ...), or a folder", "data"
    )
    dir: str = option("", "folder in which TensorFlow Datasets keeps imdb", "data_dir")
    validation: str = option("", "file with the validation split")
    test: str = option("", "file with the test split")
    unlabelled: str = option("", "file with further texts, without labels, to distil on")
    texts: str = option(
        "",
        "training texts in place of the data's, labelled by the teacher alone: random:N, "
        "neighbours:N, or a file",
    )
    texts_words: str = option("4-64", "words of a text of random:N, LEAST-MOST")
    text_column: str = option("", "name of the column with the text; of pairs both, A,B")
    label_column: str = option("", "name of the column with the label")
    ignore_texts: bool = option(False, "leave other columns of texts out, where a file has some")
    header: str = option("", "names of the columns of a file without a header: label,text")
    encoding: str = option("", "encoding of files that are not UTF-8 or UTF-16: cp1252, ...")
    skip_bad: bool = option(False, "leave out rows without a text or with errors, and name them")
    labelled: int = option(0, "number of labels that the student may use; 0 for all")
    labels: str = option("", "file with the class names, in the order of their ids")
    share: float = option(1.0, "share of the training texts to use, drawn by the seed")
    split_seed: int = option(-1, "seed of the split where the data have none; -1: as --seed")
    cross_validate: int = option(
        0, "number of folds: a run for each, tested on its texts, and mean and deviation of all"
    )
    fold: str = option("", "fold of the training texts that is the test split, e.g. 2/5")
    augment: int = option(0, "augmented texts to add for each training text")
    augment_model: str = option(
        "", "folder of a Hugging Face masked language model that augments the texts"
    )


@dataclass(frozen=True)
class TeacherConfig(Table):
    """The table `[teacher]`: the large model, and how its outputs are computed."""

    source: str = option(
        "train",
        "hf:PATH_OR_NAME, keras:PATH, train, train:hf:PATH, ... (see `tfkd list`)",
        "teacher",
    )
    max_length: int = option(
        0, "tokens of a text that the teacher reads; 0 for 256", "teacher_max_length"
    )
    labels: str = option(
        "",
        "the data's names of the teacher's classes in the order of its outputs, A,B,..., or a file",
        "teacher_labels",
    )
    precision: str = option(
        "float32",
        "precision of a teacher that runs in every step (--no-cache)",
        "teacher_precision",
        ("float32", "bfloat16"),
    )
    epochs: int = option(
        0, "passes over the texts of a teacher `train`; 0 for about 1,000 steps", "teacher_epochs"
    )
    learning_rate: float = option(
        0.0, "highest learning rate of a teacher `train`; 0 chooses", "teacher_learning_rate"
    )
    tune: str = option(
        "",
        "which weights of a teacher `train:hf:PATH` are trained, as --tune of `tfkd teach`",
        "teacher_tune",
    )
    patience: int = option(
        3,
        "epochs without a better validation score after which a teacher `train` keeps the best; "
        "0: all epochs, and the last one",
        "teacher_patience",
    )
    min_confidence: float = option(
        0.0, "least probability that the teacher gave its answer, where the student learns it"
    )
    agree: str = option(
        "",
        "who has to give the teacher's answer too, where the student learns it: labels, or a "
        "second teacher KIND:PATH",
    )
    cache: bool = option(True, "store the teacher's outputs once; --no-cache runs it in every step")
    store: str = option("", "folder of the stored outputs; targets/TEACHER-DIGEST next to the run")


@dataclass(frozen=True)
class StudentConfig(Table):
    """The table `[student]`: the small model and its tokenizer."""

    source: str = option(
        "",
        "NAME or NAME:SIZE (see `tfkd list`), shrink:3, shrink:6+2; by default the task's first",
        "student",
    )
    settings: dict = option({}, "settings of the student, NAME=VALUE", "student_settings")  # noqa: RUF009
    start: str = option(
        "auto",
        "what a static student starts from: its teacher's vectors of single pieces, or random "
        "numbers; auto: the teacher's for students of sentence vectors",
        choices=("auto", "teacher", "random"),
    )
    from_run: str = option(
        "", "folder of a finished run whose student this one starts from, for new data (--from)"
    )
    assistant: str = option("", "students between teacher and student: NAME:SIZE, ...")
    tokenizer: str = option("", "vocab.txt or tokenizer.json; learnt from the texts by default")
    vocab_size: int = option(16_000, "tokens in a vocabulary that is learnt")
    lowercase: bool = option(True, "lower-case the texts before a vocabulary is learnt")
    max_length: int = option(512, "tokens of a text that the student reads")
    compress: list = option(  # noqa: RUF009
        [], "make the trained student smaller and heal it, e.g. prune:0.4, sparse:0.8 or grid:int8"
    )
    compress_epochs: int = option(
        0, "passes over the texts after each step of a compression; 0 for half of the run's in all"
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "compress", as_texts("compress", self.compress, "prune:0.4"))
        super().__post_init__()


@dataclass(frozen=True)
class TrainingConfig(Table):
    """The table `[training]`: objective, steps and devices."""

    temperature: float = option(2.0, "softens both distributions; the loss is multiplied by T²")
    soft_weight: float = option(0.75, "weight of the soft targets; the hard labels have the rest")
    objective: list = option([], "losses in place of these two, in TOML")  # noqa: RUF009
    stage: list = option([], "several trainings one after the other, in TOML")  # noqa: RUF009
    projection_rate: float = option(0.0, "learning rate of the losses' projections")
    epochs: int = option(0, "passes over the texts; 0 for about 1,000 steps")
    batch_size: int = option(128, "examples in a batch")
    patience: int = option(
        0, "epochs without a better validation score after which to stop and keep the best; 0: all"
    )
    learning_rate: float = option(0.0, "highest learning rate, reached after the warm-up")
    optimizer: str = option("adam", "what updates the weights", choices=OPTIMIZERS)
    weight_decay: float = option(0.0, "of adamw and lion; 0 for 0.01 and 0.1")
    clip: float = option(0.0, "greatest norm of all gradients together; 0 for no limit")
    schedule: str = option("cosine", "of the learning rate after the warm-up", choices=SCHEDULES)
    warmup: int = option(WARM_UP, "steps in which the rate rises, at most a quarter of all")
    seed: int = option(0, "seed of the split, the initial weights, the dropout and the shuffling")
    freeze: str = option("", "layers that are not trained, names or their beginnings: NAME,NAME")
    tune: str = option(
        "",
        "which weights are trained: all, head, top:N blocks, bitfit (biases), lora:RANK, "
        "adapter:UNITS, prompt:VECTORS",
    )
    layer_decay: float = option(
        1.0, "share of the learning rate above it that each block has, towards the embeddings"
    )
    perturb: list = option(  # noqa: RUF009
        [],
        "train on changed texts with the teacher's answers to the clean ones: typos:SHARE, "
        "case:SHARE, drop:SHARE of the words; or on changed embeddings: fgm:SIZE, vat:SIZE",
    )
    alone: bool = option(True, "also train the student without the teacher, for comparison")
    baseline: str = option(
        "",
        "also score what needs no network: TF-IDF with a linear model; of texts that are written "
        "the nearest training text's (tfidf), the first sentence (lead) or the source (copy)",
        choices=("", "tfidf", "lead", "copy"),
    )
    strategy: str = option(
        "auto", "tf.distribute strategy, for several devices or machines", choices=STRATEGIES
    )
    tensorboard: bool = option(False, "write curves, agreement and texts for TensorBoard")
    callbacks: str = option("", "Keras callbacks by import path, package.module:Name, ...")

    def __post_init__(self) -> None:
        object.__setattr__(self, "perturb", as_texts("perturb", self.perturb, "typos:0.1"))
        super().__post_init__()


@dataclass(frozen=True)
class ExportConfig(Table):
    """The table `[export]`: the file that is written."""

    quantize: str = option("int8", "quantisation of the .tflite", choices=(*QUANTIZE, AUTO))


@dataclass(frozen=True)
class TaskConfig(Table):
    """The table `[task]`: what the model is for."""

    name: str = option("", "task (see `tfkd list tasks`), or the import path of its class", "task")
    form: str = option(
        "", "what a label is: one class, several labels, or a number", choices=("", *FORMS)
    )
