"""What libraries call the inputs of a text model."""

IDS = ("input_ids", "token_ids", "ids", "input_word_ids")
MASKS = ("attention_mask", "padding_mask", "input_mask")
SEGMENTS = ("token_type_ids", "segment_ids", "input_type_ids")
DECODER_IDS = ("decoder_input_ids", "decoder_token_ids")
DECODER_MASKS = ("decoder_attention_mask", "decoder_padding_mask")
