"""What users liked, read and split in time."""

import json

import pytest

from tfkd import UserError
from tfkd.tasks.recommendation import Recommendation
from tfkd.tasks.recommendation.interactions import Interactions, find_files, read_interactions
from tfkd.tasks.recommendation.item_lists import read_items
from tfkd.tasks.recommendation.user_histories import KNOWN, NEW, Histories
from tfkd.tasks.relation_classification.span_values import parsed

RATINGS = """userId,movieId,rating,timestamp
7,1,5.0,30
7,2,4.0,10
7,3,3.5,20
8,3,4.5,5
8,1,4.0,6
"""
MOVIES = """movieId,title,genres
1,Alien (1979),Horror|Sci-Fi
2,"Heat, The (1995)",(no genres listed)
3,Babe (1995),Children
"""
TAGS = """userId,movieId,tag,timestamp
7,1,Space,1
8,1,space,2
8,1,dark,3
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of three films as MovieLens writes it."""
    for name, text in (("ratings", RATINGS), ("movies", MOVIES), ("tags", TAGS)):
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def histories(likes, **settings):
    defaults = {"history": 3, "negatives": 2, "new_items": 0.0, "least": 4, "most": 9}
    texts = tuple(f"item {number}" for number in range(20))
    return Histories(Interactions(texts, likes, "here"), **{**defaults, **settings})


def test_ratings_become_likes_in_time(folder):
    """A history in the order of the file asks for what came before."""
    found = read_interactions(find_files(folder), 4.0)
    assert found.items == (
        "Alien (1979) . Horror, Sci-Fi . space, dark",
        "Heat, The (1995)",
        "Babe (1995) . Children",
    )
    assert found.likes == ((1, 0), (2, 0))


@pytest.mark.parametrize("first", [True, False])
def test_a_row_without_a_rating_among_rated_ones(folder, first):
    """An item that was seen and not rated was liked more than any other."""
    head, rest = RATINGS.split("\n", 1)
    text = f"{head}\n8,2,,7\n{rest}" if first else f"{RATINGS}8,2,,7\n"
    (folder / "ratings.csv").write_text(text)
    with pytest.raises(UserError, match=rf"row {1 if first else 6} .*has no rating, and other"):
        read_interactions(find_files(folder), 4.0)


def test_interactions_of_ones_own(tmp_path):
    """Without ratings, all that was taken was liked; items of the same text are one."""
    events = [{"user": "a", "item": 2, "time": 2.5}, {"user": "a", "item": 1, "time": 1}]
    items = [{"item": 1, "text": "a lamp"}, {"item": 2, "text": "a lamp"}]
    for name, rows in (("interactions", events), ("items", items)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_interactions(find_files(tmp_path), 4.0)
    assert found == Interactions(("a lamp",), ((0,),), str(tmp_path / "interactions.jsonl"))


def test_the_last_is_for_the_test_and_the_last_but_one_for_validation():
    """What a test asks for, no training example of that user may tell."""
    split = histories(((0, 1, 2, 3, 4, 5), (6, 7)))
    (validation,), (test,) = split.validation(), split.test()
    assert (validation["label"], validation["liked"]) == ("item 4", ("item 1", "item 2", "item 3"))
    assert (test["label"], test["liked"]) == ("item 5", ("item 2", "item 3", "item 4"))
    assert test["seen"] == tuple(f"item {number}" for number in range(5))
    train = list(split.train())
    assert [row["label"] for row in train] == ["item 1", "item 2", "item 3", "item 7"]
    assert train[2]["liked"] == ("item 0", "item 1", "item 2")


def test_negatives_are_not_liked_and_the_same_each_time():
    """A negative that the user likes teaches the wrong order."""
    split = histories(((0, 1, 2, 3, 4, 5),), negatives=8)
    train = list(split.train())
    own = {"item 0", "item 1", "item 2", "item 3"}
    assert all(own & {*row["candidates"]} == {row["label"]} for row in train)
    assert {len({*row["candidates"]}) for row in train} == {9}
    assert train == list(split.train())


def test_new_items_are_in_no_training_example():
    """One training example with a new item, and it is new no longer."""
    likes = tuple(tuple((start + step) % 20 for step in range(12)) for start in range(20))
    split = histories(likes, new_items=0.3)
    new = {f"item {number}" for number in range(20) if split.is_new[number]}
    assert 0 < len(new) < 20
    for row in (*split.train(), *split.validation()):
        assert not new & {*row["liked"], *row["candidates"]}
    by_shelf = {
        name: [row for row in split.test() if row["shelf"] == name] for name in (KNOWN, NEW)
    }
    assert {row["label"] for row in by_shelf[NEW]} <= new
    assert not new & {text for row in by_shelf[NEW] for text in row["liked"]}
    for name, items in ((NEW, new), (KNOWN, {f"item {n}" for n in range(20)} - new)):
        listed = {text for row in by_shelf[name] for text in row["candidates"]}
        assert listed == items


def write(folder, name, text):
    (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ratings.csv", RATINGS + "8,99,5.0,7\n", "the item '99' is not in movies.csv"),
        ("ratings.csv", "userId,movieId,rating\n7,1,5\n", "no 'time'; it has 'userId'"),
        ("ratings.csv", RATINGS + "8,2,5.0,soon\n", "the time is 'soon': write a number"),
        ("ratings.csv", RATINGS + "8,2,good,7\n", "the rating is 'good': write a number"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n7,1,2,3\n", "nobody liked anything"),
        ("ratings.csv", RATINGS, "no user liked 5 items, the longest history has 2"),
        ("movies.csv", MOVIES + "4,,Drama\n", "no 'text'; it has 'movieId'"),
        ("movies.csv", MOVIES + "3,Alien (1979),Drama\n", "the item '3' is there twice"),
        ("ratings.csv", "userId,rating,timestamp\n7,5,1\n", "no 'item'"),
    ],
)
def test_files_that_do_not_match(folder, name, text, said):
    """Each is one sentence, before anything is trained."""
    write(folder, name, text)
    with pytest.raises(UserError, match=said):
        Recommendation().open_splits(folder)


def test_ratings_without_items(folder):
    (folder / "movies.csv").unlink()
    with pytest.raises(UserError, match=r"has ratings.csv and no file of items"):
        Recommendation().open_splits(folder)


def test_any_other_folder_is_no_history(tmp_path):
    assert Recommendation().open_splits(tmp_path) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"liked": []}, "a user without a history has no vector"),
        ({"candidates": []}, "there is no candidate to rank"),
        ({"liked": ["a", 7]}, "has the item '7', which is no text"),
        ({"liked": 7}, "liked is a int: write a list"),
        ({"label": "c"}, "the chosen item 'c' is none of the candidates"),
        ({"candidates": ["b", "b"]}, "the candidate 'b' is there twice"),
        ({"label": 5}, "chosen is '5': write the text of an item"),
    ],
)
def test_rows_that_say_nothing(fields, said):
    with pytest.raises(UserError, match=said):
        Recommendation().example({"liked": ["a"], "candidates": ["b"], **fields}, "a.jsonl, row 3")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"history": 0}, "history is 0: write a whole number"),
        ({"new_items": 1.0}, "write a share"),
        ({"liked_from": "4"}, "write a number"),
        ({"scale": 0}, "a number above 0"),
    ],
)
def test_settings_that_no_run_can_have(settings, said):
    with pytest.raises(UserError, match=said):
        Recommendation(settings)


def test_lists_within_lists_without_an_end_are_a_name():
    """A traceback from a cell of a table."""
    deep = "[" * 100_000 + "]" * 100_000
    assert read_items(deep, "row 1", "liked") == (deep,)
    assert parsed(deep) == deep
