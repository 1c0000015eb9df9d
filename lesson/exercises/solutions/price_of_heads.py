"""Solutions of price_of_heads.py."""


def head_parameters(d_model, n_heads):
    return 4 * (d_model**2 + d_model)  # whatever the number of heads


def plan_heads():
    return [
        dict(n_heads=n_heads, d_model=64, seed=seed, scored_on="held-out")
        for n_heads in (1, 8)
        for seed in (0, 1, 2)
    ]
