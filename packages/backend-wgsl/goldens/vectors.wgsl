@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> c: array<vec4<f32>>;

@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) local_invocation_index: u32) {
  let thread = i32(local_invocation_index);
  for (var i = 0; i < 4; i++) {
    let a_1 = select(vec4<f32>(), a[i * 2 + 1], i < 3);
    c[i] = vec4<f32>(a_1.y, a_1.z, a_1.w, a[1][3]);
    c[thread >> 2u] = vec4<f32>(a_1.y, a_1.z, a_1.w, a[(i + 1) >> 2u][(i + 1) & 3]);
  }
}
