@group(0) @binding(0) var<storage, read_write> bits: array<u32>;
@group(0) @binding(1) var<storage, read_write> half: array<f32>;
@group(0) @binding(2) var<storage, read_write> brain: array<f32>;
@group(0) @binding(3) var<storage, read_write> bytes: array<i32>;
@group(0) @binding(4) var<storage, read_write> words: array<u32>;

// Rounds to the nearest bf16, ties to even; NaN stays NaN.
fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  return bitcast<f32>(select(rounded, bits, (bits & 0x7fffffffu) > 0x7f800000u));
}

// Rounds to the nearest f16, ties to even; NaN stays NaN.
fn round_f16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u;
  let bounded = select(select(rounded, 0x7f800000u, rounded >= 0x47800000u), magnitude, magnitude > 0x7f800000u);
  let normal = bitcast<f32>((bits & 0x80000000u) | bounded);
  return select(normal, round(x * 16777216.0) * 5.9604644775390625e-8, magnitude < 0x38800000u);
}

@compute @workgroup_size(4)
fn main() {
  var flag: bool;
  flag = (bits[0] != 0u) | (bits[1] != 0u);
  bits[2] = u32(!flag);
  half[0] = round_f16(half[1] + 1.0f);
  brain[0] = round_bf16(brain[1] + 1.0f);
  bytes[0] = extractBits(bytes[1] * 100, 0u, 8u);
  words[0] = extractBits(words[1] * 100u, 0u, 8u);
}
