@group(0) @binding(0) var<storage, read_write> c: array<f32>;
@group(0) @binding(1) var<storage, read> a: array<f32>;
struct Scalars {
  s0: i32,
  s1: f32,
}
@group(0) @binding(2) var<uniform> scalars: Scalars;
var<workgroup> tile: array<f32, 8>;

@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) local_invocation_index: u32) {
  let thread = i32(local_invocation_index);
  if (thread < scalars.s0) {
    tile[thread] = a[thread + scalars.s0];
    c[thread] = max(tile[thread], scalars.s1);
  }
}
