"""Solutions of writing.py."""


def write(logits, max_len):
    tokens = [1]
    while len(tokens) <= max_len and tokens[-1] != 2:
        tokens.append(int(logits(tokens).argmax()))
    return tokens[1:]


def best_sentence(sentences, penalty):
    scores = [sum(words) / ((5 + len(words)) / 6) ** penalty for words in sentences]
    return scores.index(max(scores))
