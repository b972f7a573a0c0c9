@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
var<workgroup> tile_a: array<f32, 256>;
var<workgroup> tile_b: array<f32, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local_invocation_index: u32) {
  let workgroup_y = i32(workgroup_id.y);
  let thread = i32(local_invocation_index);
  let workgroup_x = i32(workgroup_id.x);
  var sums_0 = 0.0f;
  var sums_1 = 0.0f;
  var sums_2 = 0.0f;
  var sums_3 = 0.0f;
  var sums_4 = 0.0f;
  var sums_5 = 0.0f;
  var sums_6 = 0.0f;
  var sums_7 = 0.0f;
  var sums_8 = 0.0f;
  var sums_9 = 0.0f;
  var sums_10 = 0.0f;
  var sums_11 = 0.0f;
  var sums_12 = 0.0f;
  var sums_13 = 0.0f;
  var sums_14 = 0.0f;
  var sums_15 = 0.0f;
  let t = workgroup_y * 2048;
  let thread_div_8 = thread >> 3u;
  let thread_mod_8 = thread & 7;
  let column = workgroup_x * 32;
  let t_1 = thread_div_8 * 64;
  let t_2 = thread_div_8 * 32;
  let t_3 = thread_mod_8 * 4;
  let tile_b_base = t_2 + thread_mod_8;
  let a_base = t + t_1 + thread_mod_8;
  let b_base = t_1 + column + thread_mod_8;
  for (var k0 = 0; k0 < 8; k0++) {
    let a_base_1 = a_base + k0 * 8;
    for (var r = 0; r < 4; r++) {
      tile_a[thread + r * 64] = a[a_base_1 + r * 512];
    }
    let b_base_1 = b_base + k0 * 512;
    for (var r = 0; r < 4; r++) {
      let t_4 = r * 8;
      tile_b[tile_b_base + t_4] = b[b_base_1 + t_4];
    }
    workgroupBarrier();
    for (var k = 0; k < 8; k++) {
      let tile_a_base = t_2 + k;
      let tile_b_base_1 = t_3 + k * 32;
      sums_0 = sums_0 + tile_a[tile_a_base] * tile_b[tile_b_base_1];
      let tile_b_base_2 = tile_b_base_1 + 1;
      sums_1 = sums_1 + tile_a[tile_a_base] * tile_b[tile_b_base_2];
      let tile_b_base_3 = tile_b_base_1 + 2;
      sums_2 = sums_2 + tile_a[tile_a_base] * tile_b[tile_b_base_3];
      let tile_b_base_4 = tile_b_base_1 + 3;
      sums_3 = sums_3 + tile_a[tile_a_base] * tile_b[tile_b_base_4];
      let tile_a_base_1 = tile_a_base + 8;
      sums_4 = sums_4 + tile_a[tile_a_base_1] * tile_b[tile_b_base_1];
      sums_5 = sums_5 + tile_a[tile_a_base_1] * tile_b[tile_b_base_2];
      sums_6 = sums_6 + tile_a[tile_a_base_1] * tile_b[tile_b_base_3];
      sums_7 = sums_7 + tile_a[tile_a_base_1] * tile_b[tile_b_base_4];
      let tile_a_base_2 = tile_a_base + 16;
      sums_8 = sums_8 + tile_a[tile_a_base_2] * tile_b[tile_b_base_1];
      sums_9 = sums_9 + tile_a[tile_a_base_2] * tile_b[tile_b_base_2];
      sums_10 = sums_10 + tile_a[tile_a_base_2] * tile_b[tile_b_base_3];
      sums_11 = sums_11 + tile_a[tile_a_base_2] * tile_b[tile_b_base_4];
      let tile_a_base_3 = tile_a_base + 24;
      sums_12 = sums_12 + tile_a[tile_a_base_3] * tile_b[tile_b_base_1];
      sums_13 = sums_13 + tile_a[tile_a_base_3] * tile_b[tile_b_base_2];
      sums_14 = sums_14 + tile_a[tile_a_base_3] * tile_b[tile_b_base_3];
      sums_15 = sums_15 + tile_a[tile_a_base_3] * tile_b[tile_b_base_4];
    }
    workgroupBarrier();
  }
  let c_base = t + thread_div_8 * 256 + column + t_3;
  c[c_base >> 2u] = vec4<f32>(sums_0, sums_1, sums_2, sums_3);
  c[(c_base >> 2u) + 16] = vec4<f32>(sums_4, sums_5, sums_6, sums_7);
  c[(c_base >> 2u) + 32] = vec4<f32>(sums_8, sums_9, sums_10, sums_11);
  c[(c_base >> 2u) + 48] = vec4<f32>(sums_12, sums_13, sums_14, sums_15);
}
