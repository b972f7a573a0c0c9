@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
var<workgroup> tile_a: array<f32, 256>;
var<workgroup> tile_b: array<f32, 256>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local_invocation_index: u32, @builtin(workgroup_id) workgroup_id: vec3<u32>) {
  let thread = i32(local_invocation_index);
  let workgroup_y = i32(workgroup_id.y);
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
  let thread_mod_8 = thread & 7;
  let row = workgroup_y * 32;
  let thread_div_8 = thread >> 3u;
  let t = workgroup_y * 1952;
  let column = workgroup_x * 32;
  let t_1 = row + thread_div_8;
  let t_2 = thread_div_8 * 61;
  let t_3 = thread_div_8 * 32;
  let t_4 = column + thread_mod_8;
  let t_5 = thread_mod_8 * 4;
  let tile_b_base = t_3 + thread_mod_8;
  let a_base = t + t_2 + thread_mod_8;
  let b_base = t_2 + column + thread_mod_8;
  for (var k0 = 0; k0 < 8; k0++) {
    let t_6 = k0 * 8;
    let inside = thread_mod_8 + t_6 < 61;
    let a_base_1 = a_base + t_6;
    for (var r = 0; r < 4; r++) {
      tile_a[thread + r * 64] = select(0.0f, a[a_base_1 + r * 488], inside & (t_1 + r * 8 < 61));
    }
    let inside_1 = thread_div_8 + t_6 < 61;
    let b_base_1 = b_base + k0 * 488;
    for (var r = 0; r < 4; r++) {
      let t_7 = r * 8;
      tile_b[tile_b_base + t_7] = select(0.0f, b[b_base_1 + t_7], inside_1 & (t_4 + t_7 < 61));
    }
    workgroupBarrier();
    for (var k = 0; k < 8; k++) {
      let tile_a_base = t_3 + k;
      let tile_b_base_1 = t_5 + k * 32;
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
  let c_base = t + thread_div_8 * 244 + column + t_5;
  c[c_base] = sums_0;
  let t_6 = column + t_5;
  let inside = t_6 < 60;
  if (inside) {
    c[c_base + 1] = sums_1;
  }
  let inside_1 = t_6 < 59;
  if (inside_1) {
    c[c_base + 2] = sums_2;
  }
  let inside_2 = t_6 < 58;
  if (inside_2) {
    c[c_base + 3] = sums_3;
  }
  let t_7 = row + thread_div_8 * 4;
  let inside_3 = t_7 < 60;
  if (inside_3) {
    c[c_base + 61] = sums_4;
  }
  if (inside_3 & inside) {
    c[c_base + 62] = sums_5;
  }
  if (inside_3 & inside_1) {
    c[c_base + 63] = sums_6;
  }
  if (inside_3 & inside_2) {
    c[c_base + 64] = sums_7;
  }
  let inside_4 = t_7 < 59;
  if (inside_4) {
    c[c_base + 122] = sums_8;
  }
  if (inside_4 & inside) {
    c[c_base + 123] = sums_9;
  }
  if (inside_4 & inside_1) {
    c[c_base + 124] = sums_10;
  }
  if (inside_4 & inside_2) {
    c[c_base + 125] = sums_11;
  }
  let inside_5 = t_7 < 58;
  if (inside_5) {
    c[c_base + 183] = sums_12;
  }
  if (inside_5 & inside) {
    c[c_base + 184] = sums_13;
  }
  if (inside_5 & inside_1) {
    c[c_base + 185] = sums_14;
  }
  if (inside_5 & inside_2) {
    c[c_base + 186] = sums_15;
  }
}
