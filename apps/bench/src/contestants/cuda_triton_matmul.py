"""A product of matrices in Triton, after its tutorial 03: tiles in groups, chosen by measuring. f32 is not rounded to TF32."""

import torch
import triton
import triton.language as tl


def config(m, n, k, stages, warps):
    sizes = {"BLOCK_M": m, "BLOCK_N": n, "BLOCK_K": k, "GROUP_M": 8}
    return triton.Config(sizes, num_stages=stages, num_warps=warps)


CONFIGS = [
    config(128, 256, 64, 3, 8),
    config(128, 128, 64, 4, 4),
    config(128, 128, 32, 4, 8),
    config(128, 64, 32, 4, 4),
    config(64, 64, 32, 4, 4),
]


def fitting(configs, arguments, **_):
    """Without matrix units, large tiles leave the registers, and take minutes to compile."""
    if arguments["a"].dtype != torch.float32:
        return configs
    return [c for c in configs if c.kwargs["BLOCK_M"] * c.kwargs["BLOCK_N"] * c.kwargs["BLOCK_K"] <= 128 * 128 * 32]


@triton.autotune(configs=CONFIGS, key=["m", "n", "k"], prune_configs_by={"early_config_prune": fitting})
@triton.jit
def kernel(
    a, b, c, m, n, k,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, GROUP_M: tl.constexpr,
):
    tile = tl.program_id(0)
    tiles_m = tl.cdiv(m, BLOCK_M)
    tiles_n = tl.cdiv(n, BLOCK_N)
    in_group = GROUP_M * tiles_n
    first_m = tile // in_group * GROUP_M
    group_m = min(tiles_m - first_m, GROUP_M)
    tile_m = first_m + tile % in_group % group_m
    tile_n = tile % in_group // group_m

    rows = (tile_m * BLOCK_M + tl.arange(0, BLOCK_M)) % m
    columns = (tile_n * BLOCK_N + tl.arange(0, BLOCK_N)) % n
    depth = tl.arange(0, BLOCK_K)
    left = a + rows[:, None] * k + depth[None, :]
    right = b + depth[:, None] * n + columns[None, :]
    sums = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    for at in range(0, tl.cdiv(k, BLOCK_K)):
        x = tl.load(left, mask=depth[None, :] < k - at * BLOCK_K, other=0.0)
        y = tl.load(right, mask=depth[:, None] < k - at * BLOCK_K, other=0.0)
        sums = tl.dot(x, y, sums, input_precision="ieee")
        left += BLOCK_K
        right += BLOCK_K * n

    rows = tile_m * BLOCK_M + tl.arange(0, BLOCK_M)
    columns = tile_n * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = (rows[:, None] < m) & (columns[None, :] < n)
    tl.store(c + rows[:, None] * n + columns[None, :], sums.to(c.dtype.element_ty), mask=inside)


def matmul(a, b):
    m, k = a.shape
    n = b.shape[1]
    c = torch.empty((m, n), device=a.device, dtype=a.dtype)
    grid = lambda sizes: (triton.cdiv(m, sizes["BLOCK_M"]) * triton.cdiv(n, sizes["BLOCK_N"]),)
    kernel[grid](a, b, c, m, n, k)
    return c
