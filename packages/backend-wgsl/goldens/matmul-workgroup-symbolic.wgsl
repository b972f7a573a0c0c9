@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
struct Scalars {
  s0: i32,
  s1: i32,
  s2: i32,
  s3: i32,
  s4: i32,
  s5: i32,
}
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> tileA: array<vec4<f32>, 256>;
var<workgroup> tileB: array<vec4<f32>, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local_invocation_index: u32) {
  let workgroup_y = i32(workgroup_id.y);
  let workgroup_x = i32(workgroup_id.x);
  let thread = i32(local_invocation_index);
  let position = workgroup_y * 65535 + workgroup_x;
  if (position < scalars.s0) {
    var acc_0 = 0.0f;
    var acc_1 = 0.0f;
    var acc_2 = 0.0f;
    var acc_3 = 0.0f;
    var acc_4 = 0.0f;
    var acc_5 = 0.0f;
    var acc_6 = 0.0f;
    var acc_7 = 0.0f;
    var acc_8 = 0.0f;
    var acc_9 = 0.0f;
    var acc_10 = 0.0f;
    var acc_11 = 0.0f;
    var acc_12 = 0.0f;
    var acc_13 = 0.0f;
    var acc_14 = 0.0f;
    var acc_15 = 0.0f;
    var acc_16 = 0.0f;
    var acc_17 = 0.0f;
    var acc_18 = 0.0f;
    var acc_19 = 0.0f;
    var acc_20 = 0.0f;
    var acc_21 = 0.0f;
    var acc_22 = 0.0f;
    var acc_23 = 0.0f;
    var acc_24 = 0.0f;
    var acc_25 = 0.0f;
    var acc_26 = 0.0f;
    var acc_27 = 0.0f;
    var acc_28 = 0.0f;
    var acc_29 = 0.0f;
    var acc_30 = 0.0f;
    var acc_31 = 0.0f;
    var acc_32 = 0.0f;
    var acc_33 = 0.0f;
    var acc_34 = 0.0f;
    var acc_35 = 0.0f;
    var acc_36 = 0.0f;
    var acc_37 = 0.0f;
    var acc_38 = 0.0f;
    var acc_39 = 0.0f;
    var acc_40 = 0.0f;
    var acc_41 = 0.0f;
    var acc_42 = 0.0f;
    var acc_43 = 0.0f;
    var acc_44 = 0.0f;
    var acc_45 = 0.0f;
    var acc_46 = 0.0f;
    var acc_47 = 0.0f;
    var acc_48 = 0.0f;
    var acc_49 = 0.0f;
    var acc_50 = 0.0f;
    var acc_51 = 0.0f;
    var acc_52 = 0.0f;
    var acc_53 = 0.0f;
    var acc_54 = 0.0f;
    var acc_55 = 0.0f;
    var acc_56 = 0.0f;
    var acc_57 = 0.0f;
    var acc_58 = 0.0f;
    var acc_59 = 0.0f;
    var acc_60 = 0.0f;
    var acc_61 = 0.0f;
    var acc_62 = 0.0f;
    var acc_63 = 0.0f;
    var nextA_0: f32;
    var nextA_1: f32;
    var nextA_2: f32;
    var nextA_3: f32;
    var nextA_4: f32;
    var nextA_5: f32;
    var nextA_6: f32;
    var nextA_7: f32;
    var nextB_0: f32;
    var nextB_1: f32;
    var nextB_2: f32;
    var nextB_3: f32;
    var nextB_4: f32;
    var nextB_5: f32;
    var nextB_6: f32;
    var nextB_7: f32;
    let t = scalars.s1 - 1;
    let t_1 = (thread & 1) * 4;
    let inside = t_1 < scalars.s2;
    let t_2 = position / scalars.s3 * 64;
    let t_3 = t_2 + (thread >> 1u);
    let a_base = t_1 + min(t_3, t) * scalars.s2;
    let a_1 = select(vec4<f32>(), a[a_base >> 2u], inside);
    nextA_0 = a_1.x;
    nextA_1 = a_1.y;
    nextA_2 = a_1.z;
    nextA_3 = a_1.w;
    let a_base_1 = t_1 + min(t_3 + 32, t) * scalars.s2;
    let a_2 = select(vec4<f32>(), a[a_base_1 >> 2u], inside);
    nextA_4 = a_2.x;
    nextA_5 = a_2.y;
    nextA_6 = a_2.z;
    nextA_7 = a_2.w;
    let thread_div_16 = thread >> 4u;
    let t_4 = position % scalars.s3 * 64;
    let t_5 = min(t_4 + (thread & 15) * 4, scalars.s4 - 4);
    let b_1 = select(vec4<f32>(), b[(t_5 + thread_div_16 * scalars.s4) >> 2u], 0 < scalars.s2);
    nextB_0 = b_1.x;
    nextB_1 = b_1.y;
    nextB_2 = b_1.z;
    nextB_3 = b_1.w;
    let b_2 = select(vec4<f32>(), b[(t_5 + (thread_div_16 + 4) * scalars.s4) >> 2u], 4 < scalars.s2);
    nextB_4 = b_2.x;
    nextB_5 = b_2.y;
    nextB_6 = b_2.z;
    nextB_7 = b_2.w;
    let t_6 = thread * 4;
    tileA[t_6 >> 2u] = vec4<f32>(nextA_0, nextA_1, nextA_2, nextA_3);
    let tileA_base = t_6 + 256;
    tileA[tileA_base >> 2u] = vec4<f32>(nextA_4, nextA_5, nextA_6, nextA_7);
    tileB[t_6 >> 2u] = vec4<f32>(nextB_0, nextB_1, nextB_2, nextB_3);
    tileB[tileA_base >> 2u] = vec4<f32>(nextB_4, nextB_5, nextB_6, nextB_7);
    workgroupBarrier();
    let thread_div_8 = thread >> 3u;
    let t_7 = thread_div_16 + 8;
    let t_8 = thread_div_8 * 64;
    let t_9 = (thread & 7) * 8;
    let t_10 = t_1 + 8;
    let a_base_2 = a_base + 8;
    let a_base_3 = a_base_1 + 8;
    for (var k0 = 0; k0 < scalars.s5; k0++) {
      let t_11 = k0 + 1;
      let inside_1 = t_11 < scalars.s5;
      if (inside_1) {
        let t_12 = k0 * 8;
        let inside_2 = t_10 + t_12 < scalars.s2;
        let a_3 = select(vec4<f32>(), a[(a_base_2 + t_12) >> 2u], inside_2);
        nextA_0 = a_3.x;
        nextA_1 = a_3.y;
        nextA_2 = a_3.z;
        nextA_3 = a_3.w;
        let a_4 = select(vec4<f32>(), a[(a_base_3 + t_12) >> 2u], inside_2);
        nextA_4 = a_4.x;
        nextA_5 = a_4.y;
        nextA_6 = a_4.z;
        nextA_7 = a_4.w;
        let t_13 = t_7 + t_12;
        let b_3 = select(vec4<f32>(), b[(t_5 + t_13 * scalars.s4) >> 2u], t_12 + 8 < scalars.s2);
        nextB_0 = b_3.x;
        nextB_1 = b_3.y;
        nextB_2 = b_3.z;
        nextB_3 = b_3.w;
        let b_4 = select(vec4<f32>(), b[(t_5 + (t_13 + 4) * scalars.s4) >> 2u], t_12 + 12 < scalars.s2);
        nextB_4 = b_4.x;
        nextB_5 = b_4.y;
        nextB_6 = b_4.z;
        nextB_7 = b_4.w;
      }
      let t_12 = (k0 & 1) * 512;
      let tileA_base_1 = t_8 + t_12;
      let tileA_1 = tileA[tileA_base_1 >> 2u];
      let tileA_2 = tileA[(tileA_base_1 >> 2u) + 2];
      let tileA_3 = tileA[(tileA_base_1 >> 2u) + 4];
      let tileA_4 = tileA[(tileA_base_1 >> 2u) + 6];
      let tileA_5 = tileA[(tileA_base_1 >> 2u) + 8];
      let tileA_6 = tileA[(tileA_base_1 >> 2u) + 10];
      let tileA_7 = tileA[(tileA_base_1 >> 2u) + 12];
      let tileA_8 = tileA[(tileA_base_1 >> 2u) + 14];
      let tileB_base = t_9 + t_12;
      let tileB_1 = tileB[tileB_base >> 2u];
      let tileB_2 = tileB[(tileB_base >> 2u) + 1];
      let tileB_3 = tileB[(tileB_base >> 2u) + 16];
      let tileB_4 = tileB[(tileB_base >> 2u) + 17];
      let tileB_5 = tileB[(tileB_base >> 2u) + 32];
      let tileB_6 = tileB[(tileB_base >> 2u) + 33];
      let tileB_7 = tileB[(tileB_base >> 2u) + 48];
      let tileB_8 = tileB[(tileB_base >> 2u) + 49];
      acc_0 = acc_0 + tileA_1.x * tileB_1.x + tileA_1.y * tileB_3.x + tileA_1.z * tileB_5.x + tileA_1.w * tileB_7.x;
      acc_1 = acc_1 + tileA_1.x * tileB_1.y + tileA_1.y * tileB_3.y + tileA_1.z * tileB_5.y + tileA_1.w * tileB_7.y;
      acc_2 = acc_2 + tileA_1.x * tileB_1.z + tileA_1.y * tileB_3.z + tileA_1.z * tileB_5.z + tileA_1.w * tileB_7.z;
      acc_3 = acc_3 + tileA_1.x * tileB_1.w + tileA_1.y * tileB_3.w + tileA_1.z * tileB_5.w + tileA_1.w * tileB_7.w;
      acc_4 = acc_4 + tileA_1.x * tileB_2.x + tileA_1.y * tileB_4.x + tileA_1.z * tileB_6.x + tileA_1.w * tileB_8.x;
      acc_5 = acc_5 + tileA_1.x * tileB_2.y + tileA_1.y * tileB_4.y + tileA_1.z * tileB_6.y + tileA_1.w * tileB_8.y;
      acc_6 = acc_6 + tileA_1.x * tileB_2.z + tileA_1.y * tileB_4.z + tileA_1.z * tileB_6.z + tileA_1.w * tileB_8.z;
      acc_7 = acc_7 + tileA_1.x * tileB_2.w + tileA_1.y * tileB_4.w + tileA_1.z * tileB_6.w + tileA_1.w * tileB_8.w;
      acc_8 = acc_8 + tileA_2.x * tileB_1.x + tileA_2.y * tileB_3.x + tileA_2.z * tileB_5.x + tileA_2.w * tileB_7.x;
      acc_9 = acc_9 + tileA_2.x * tileB_1.y + tileA_2.y * tileB_3.y + tileA_2.z * tileB_5.y + tileA_2.w * tileB_7.y;
      acc_10 = acc_10 + tileA_2.x * tileB_1.z + tileA_2.y * tileB_3.z + tileA_2.z * tileB_5.z + tileA_2.w * tileB_7.z;
      acc_11 = acc_11 + tileA_2.x * tileB_1.w + tileA_2.y * tileB_3.w + tileA_2.z * tileB_5.w + tileA_2.w * tileB_7.w;
      acc_12 = acc_12 + tileA_2.x * tileB_2.x + tileA_2.y * tileB_4.x + tileA_2.z * tileB_6.x + tileA_2.w * tileB_8.x;
      acc_13 = acc_13 + tileA_2.x * tileB_2.y + tileA_2.y * tileB_4.y + tileA_2.z * tileB_6.y + tileA_2.w * tileB_8.y;
      acc_14 = acc_14 + tileA_2.x * tileB_2.z + tileA_2.y * tileB_4.z + tileA_2.z * tileB_6.z + tileA_2.w * tileB_8.z;
      acc_15 = acc_15 + tileA_2.x * tileB_2.w + tileA_2.y * tileB_4.w + tileA_2.z * tileB_6.w + tileA_2.w * tileB_8.w;
      acc_16 = acc_16 + tileA_3.x * tileB_1.x + tileA_3.y * tileB_3.x + tileA_3.z * tileB_5.x + tileA_3.w * tileB_7.x;
      acc_17 = acc_17 + tileA_3.x * tileB_1.y + tileA_3.y * tileB_3.y + tileA_3.z * tileB_5.y + tileA_3.w * tileB_7.y;
      acc_18 = acc_18 + tileA_3.x * tileB_1.z + tileA_3.y * tileB_3.z + tileA_3.z * tileB_5.z + tileA_3.w * tileB_7.z;
      acc_19 = acc_19 + tileA_3.x * tileB_1.w + tileA_3.y * tileB_3.w + tileA_3.z * tileB_5.w + tileA_3.w * tileB_7.w;
      acc_20 = acc_20 + tileA_3.x * tileB_2.x + tileA_3.y * tileB_4.x + tileA_3.z * tileB_6.x + tileA_3.w * tileB_8.x;
      acc_21 = acc_21 + tileA_3.x * tileB_2.y + tileA_3.y * tileB_4.y + tileA_3.z * tileB_6.y + tileA_3.w * tileB_8.y;
      acc_22 = acc_22 + tileA_3.x * tileB_2.z + tileA_3.y * tileB_4.z + tileA_3.z * tileB_6.z + tileA_3.w * tileB_8.z;
      acc_23 = acc_23 + tileA_3.x * tileB_2.w + tileA_3.y * tileB_4.w + tileA_3.z * tileB_6.w + tileA_3.w * tileB_8.w;
      acc_24 = acc_24 + tileA_4.x * tileB_1.x + tileA_4.y * tileB_3.x + tileA_4.z * tileB_5.x + tileA_4.w * tileB_7.x;
      acc_25 = acc_25 + tileA_4.x * tileB_1.y + tileA_4.y * tileB_3.y + tileA_4.z * tileB_5.y + tileA_4.w * tileB_7.y;
      acc_26 = acc_26 + tileA_4.x * tileB_1.z + tileA_4.y * tileB_3.z + tileA_4.z * tileB_5.z + tileA_4.w * tileB_7.z;
      acc_27 = acc_27 + tileA_4.x * tileB_1.w + tileA_4.y * tileB_3.w + tileA_4.z * tileB_5.w + tileA_4.w * tileB_7.w;
      acc_28 = acc_28 + tileA_4.x * tileB_2.x + tileA_4.y * tileB_4.x + tileA_4.z * tileB_6.x + tileA_4.w * tileB_8.x;
      acc_29 = acc_29 + tileA_4.x * tileB_2.y + tileA_4.y * tileB_4.y + tileA_4.z * tileB_6.y + tileA_4.w * tileB_8.y;
      acc_30 = acc_30 + tileA_4.x * tileB_2.z + tileA_4.y * tileB_4.z + tileA_4.z * tileB_6.z + tileA_4.w * tileB_8.z;
      acc_31 = acc_31 + tileA_4.x * tileB_2.w + tileA_4.y * tileB_4.w + tileA_4.z * tileB_6.w + tileA_4.w * tileB_8.w;
      acc_32 = acc_32 + tileA_5.x * tileB_1.x + tileA_5.y * tileB_3.x + tileA_5.z * tileB_5.x + tileA_5.w * tileB_7.x;
      acc_33 = acc_33 + tileA_5.x * tileB_1.y + tileA_5.y * tileB_3.y + tileA_5.z * tileB_5.y + tileA_5.w * tileB_7.y;
      acc_34 = acc_34 + tileA_5.x * tileB_1.z + tileA_5.y * tileB_3.z + tileA_5.z * tileB_5.z + tileA_5.w * tileB_7.z;
      acc_35 = acc_35 + tileA_5.x * tileB_1.w + tileA_5.y * tileB_3.w + tileA_5.z * tileB_5.w + tileA_5.w * tileB_7.w;
      acc_36 = acc_36 + tileA_5.x * tileB_2.x + tileA_5.y * tileB_4.x + tileA_5.z * tileB_6.x + tileA_5.w * tileB_8.x;
      acc_37 = acc_37 + tileA_5.x * tileB_2.y + tileA_5.y * tileB_4.y + tileA_5.z * tileB_6.y + tileA_5.w * tileB_8.y;
      acc_38 = acc_38 + tileA_5.x * tileB_2.z + tileA_5.y * tileB_4.z + tileA_5.z * tileB_6.z + tileA_5.w * tileB_8.z;
      acc_39 = acc_39 + tileA_5.x * tileB_2.w + tileA_5.y * tileB_4.w + tileA_5.z * tileB_6.w + tileA_5.w * tileB_8.w;
      acc_40 = acc_40 + tileA_6.x * tileB_1.x + tileA_6.y * tileB_3.x + tileA_6.z * tileB_5.x + tileA_6.w * tileB_7.x;
      acc_41 = acc_41 + tileA_6.x * tileB_1.y + tileA_6.y * tileB_3.y + tileA_6.z * tileB_5.y + tileA_6.w * tileB_7.y;
      acc_42 = acc_42 + tileA_6.x * tileB_1.z + tileA_6.y * tileB_3.z + tileA_6.z * tileB_5.z + tileA_6.w * tileB_7.z;
      acc_43 = acc_43 + tileA_6.x * tileB_1.w + tileA_6.y * tileB_3.w + tileA_6.z * tileB_5.w + tileA_6.w * tileB_7.w;
      acc_44 = acc_44 + tileA_6.x * tileB_2.x + tileA_6.y * tileB_4.x + tileA_6.z * tileB_6.x + tileA_6.w * tileB_8.x;
      acc_45 = acc_45 + tileA_6.x * tileB_2.y + tileA_6.y * tileB_4.y + tileA_6.z * tileB_6.y + tileA_6.w * tileB_8.y;
      acc_46 = acc_46 + tileA_6.x * tileB_2.z + tileA_6.y * tileB_4.z + tileA_6.z * tileB_6.z + tileA_6.w * tileB_8.z;
      acc_47 = acc_47 + tileA_6.x * tileB_2.w + tileA_6.y * tileB_4.w + tileA_6.z * tileB_6.w + tileA_6.w * tileB_8.w;
      acc_48 = acc_48 + tileA_7.x * tileB_1.x + tileA_7.y * tileB_3.x + tileA_7.z * tileB_5.x + tileA_7.w * tileB_7.x;
      acc_49 = acc_49 + tileA_7.x * tileB_1.y + tileA_7.y * tileB_3.y + tileA_7.z * tileB_5.y + tileA_7.w * tileB_7.y;
      acc_50 = acc_50 + tileA_7.x * tileB_1.z + tileA_7.y * tileB_3.z + tileA_7.z * tileB_5.z + tileA_7.w * tileB_7.z;
      acc_51 = acc_51 + tileA_7.x * tileB_1.w + tileA_7.y * tileB_3.w + tileA_7.z * tileB_5.w + tileA_7.w * tileB_7.w;
      acc_52 = acc_52 + tileA_7.x * tileB_2.x + tileA_7.y * tileB_4.x + tileA_7.z * tileB_6.x + tileA_7.w * tileB_8.x;
      acc_53 = acc_53 + tileA_7.x * tileB_2.y + tileA_7.y * tileB_4.y + tileA_7.z * tileB_6.y + tileA_7.w * tileB_8.y;
      acc_54 = acc_54 + tileA_7.x * tileB_2.z + tileA_7.y * tileB_4.z + tileA_7.z * tileB_6.z + tileA_7.w * tileB_8.z;
      acc_55 = acc_55 + tileA_7.x * tileB_2.w + tileA_7.y * tileB_4.w + tileA_7.z * tileB_6.w + tileA_7.w * tileB_8.w;
      acc_56 = acc_56 + tileA_8.x * tileB_1.x + tileA_8.y * tileB_3.x + tileA_8.z * tileB_5.x + tileA_8.w * tileB_7.x;
      acc_57 = acc_57 + tileA_8.x * tileB_1.y + tileA_8.y * tileB_3.y + tileA_8.z * tileB_5.y + tileA_8.w * tileB_7.y;
      acc_58 = acc_58 + tileA_8.x * tileB_1.z + tileA_8.y * tileB_3.z + tileA_8.z * tileB_5.z + tileA_8.w * tileB_7.z;
      acc_59 = acc_59 + tileA_8.x * tileB_1.w + tileA_8.y * tileB_3.w + tileA_8.z * tileB_5.w + tileA_8.w * tileB_7.w;
      acc_60 = acc_60 + tileA_8.x * tileB_2.x + tileA_8.y * tileB_4.x + tileA_8.z * tileB_6.x + tileA_8.w * tileB_8.x;
      acc_61 = acc_61 + tileA_8.x * tileB_2.y + tileA_8.y * tileB_4.y + tileA_8.z * tileB_6.y + tileA_8.w * tileB_8.y;
      acc_62 = acc_62 + tileA_8.x * tileB_2.z + tileA_8.y * tileB_4.z + tileA_8.z * tileB_6.z + tileA_8.w * tileB_8.z;
      acc_63 = acc_63 + tileA_8.x * tileB_2.w + tileA_8.y * tileB_4.w + tileA_8.z * tileB_6.w + tileA_8.w * tileB_8.w;
      let tileA_9 = tileA[(tileA_base_1 >> 2u) + 1];
      let tileA_10 = tileA[(tileA_base_1 >> 2u) + 3];
      let tileA_11 = tileA[(tileA_base_1 >> 2u) + 5];
      let tileA_12 = tileA[(tileA_base_1 >> 2u) + 7];
      let tileA_13 = tileA[(tileA_base_1 >> 2u) + 9];
      let tileA_14 = tileA[(tileA_base_1 >> 2u) + 11];
      let tileA_15 = tileA[(tileA_base_1 >> 2u) + 13];
      let tileA_16 = tileA[(tileA_base_1 >> 2u) + 15];
      let tileB_9 = tileB[(tileB_base >> 2u) + 64];
      let tileB_10 = tileB[(tileB_base >> 2u) + 65];
      let tileB_11 = tileB[(tileB_base >> 2u) + 80];
      let tileB_12 = tileB[(tileB_base >> 2u) + 81];
      let tileB_13 = tileB[(tileB_base >> 2u) + 96];
      let tileB_14 = tileB[(tileB_base >> 2u) + 97];
      let tileB_15 = tileB[(tileB_base >> 2u) + 112];
      let tileB_16 = tileB[(tileB_base >> 2u) + 113];
      acc_0 = acc_0 + tileA_9.x * tileB_9.x + tileA_9.y * tileB_11.x + tileA_9.z * tileB_13.x + tileA_9.w * tileB_15.x;
      acc_1 = acc_1 + tileA_9.x * tileB_9.y + tileA_9.y * tileB_11.y + tileA_9.z * tileB_13.y + tileA_9.w * tileB_15.y;
      acc_2 = acc_2 + tileA_9.x * tileB_9.z + tileA_9.y * tileB_11.z + tileA_9.z * tileB_13.z + tileA_9.w * tileB_15.z;
      acc_3 = acc_3 + tileA_9.x * tileB_9.w + tileA_9.y * tileB_11.w + tileA_9.z * tileB_13.w + tileA_9.w * tileB_15.w;
      acc_4 = acc_4 + tileA_9.x * tileB_10.x + tileA_9.y * tileB_12.x + tileA_9.z * tileB_14.x + tileA_9.w * tileB_16.x;
      acc_5 = acc_5 + tileA_9.x * tileB_10.y + tileA_9.y * tileB_12.y + tileA_9.z * tileB_14.y + tileA_9.w * tileB_16.y;
      acc_6 = acc_6 + tileA_9.x * tileB_10.z + tileA_9.y * tileB_12.z + tileA_9.z * tileB_14.z + tileA_9.w * tileB_16.z;
      acc_7 = acc_7 + tileA_9.x * tileB_10.w + tileA_9.y * tileB_12.w + tileA_9.z * tileB_14.w + tileA_9.w * tileB_16.w;
      acc_8 = acc_8 + tileA_10.x * tileB_9.x + tileA_10.y * tileB_11.x + tileA_10.z * tileB_13.x + tileA_10.w * tileB_15.x;
      acc_9 = acc_9 + tileA_10.x * tileB_9.y + tileA_10.y * tileB_11.y + tileA_10.z * tileB_13.y + tileA_10.w * tileB_15.y;
      acc_10 = acc_10 + tileA_10.x * tileB_9.z + tileA_10.y * tileB_11.z + tileA_10.z * tileB_13.z + tileA_10.w * tileB_15.z;
      acc_11 = acc_11 + tileA_10.x * tileB_9.w + tileA_10.y * tileB_11.w + tileA_10.z * tileB_13.w + tileA_10.w * tileB_15.w;
      acc_12 = acc_12 + tileA_10.x * tileB_10.x + tileA_10.y * tileB_12.x + tileA_10.z * tileB_14.x + tileA_10.w * tileB_16.x;
      acc_13 = acc_13 + tileA_10.x * tileB_10.y + tileA_10.y * tileB_12.y + tileA_10.z * tileB_14.y + tileA_10.w * tileB_16.y;
      acc_14 = acc_14 + tileA_10.x * tileB_10.z + tileA_10.y * tileB_12.z + tileA_10.z * tileB_14.z + tileA_10.w * tileB_16.z;
      acc_15 = acc_15 + tileA_10.x * tileB_10.w + tileA_10.y * tileB_12.w + tileA_10.z * tileB_14.w + tileA_10.w * tileB_16.w;
      acc_16 = acc_16 + tileA_11.x * tileB_9.x + tileA_11.y * tileB_11.x + tileA_11.z * tileB_13.x + tileA_11.w * tileB_15.x;
      acc_17 = acc_17 + tileA_11.x * tileB_9.y + tileA_11.y * tileB_11.y + tileA_11.z * tileB_13.y + tileA_11.w * tileB_15.y;
      acc_18 = acc_18 + tileA_11.x * tileB_9.z + tileA_11.y * tileB_11.z + tileA_11.z * tileB_13.z + tileA_11.w * tileB_15.z;
      acc_19 = acc_19 + tileA_11.x * tileB_9.w + tileA_11.y * tileB_11.w + tileA_11.z * tileB_13.w + tileA_11.w * tileB_15.w;
      acc_20 = acc_20 + tileA_11.x * tileB_10.x + tileA_11.y * tileB_12.x + tileA_11.z * tileB_14.x + tileA_11.w * tileB_16.x;
      acc_21 = acc_21 + tileA_11.x * tileB_10.y + tileA_11.y * tileB_12.y + tileA_11.z * tileB_14.y + tileA_11.w * tileB_16.y;
      acc_22 = acc_22 + tileA_11.x * tileB_10.z + tileA_11.y * tileB_12.z + tileA_11.z * tileB_14.z + tileA_11.w * tileB_16.z;
      acc_23 = acc_23 + tileA_11.x * tileB_10.w + tileA_11.y * tileB_12.w + tileA_11.z * tileB_14.w + tileA_11.w * tileB_16.w;
      acc_24 = acc_24 + tileA_12.x * tileB_9.x + tileA_12.y * tileB_11.x + tileA_12.z * tileB_13.x + tileA_12.w * tileB_15.x;
      acc_25 = acc_25 + tileA_12.x * tileB_9.y + tileA_12.y * tileB_11.y + tileA_12.z * tileB_13.y + tileA_12.w * tileB_15.y;
      acc_26 = acc_26 + tileA_12.x * tileB_9.z + tileA_12.y * tileB_11.z + tileA_12.z * tileB_13.z + tileA_12.w * tileB_15.z;
      acc_27 = acc_27 + tileA_12.x * tileB_9.w + tileA_12.y * tileB_11.w + tileA_12.z * tileB_13.w + tileA_12.w * tileB_15.w;
      acc_28 = acc_28 + tileA_12.x * tileB_10.x + tileA_12.y * tileB_12.x + tileA_12.z * tileB_14.x + tileA_12.w * tileB_16.x;
      acc_29 = acc_29 + tileA_12.x * tileB_10.y + tileA_12.y * tileB_12.y + tileA_12.z * tileB_14.y + tileA_12.w * tileB_16.y;
      acc_30 = acc_30 + tileA_12.x * tileB_10.z + tileA_12.y * tileB_12.z + tileA_12.z * tileB_14.z + tileA_12.w * tileB_16.z;
      acc_31 = acc_31 + tileA_12.x * tileB_10.w + tileA_12.y * tileB_12.w + tileA_12.z * tileB_14.w + tileA_12.w * tileB_16.w;
      acc_32 = acc_32 + tileA_13.x * tileB_9.x + tileA_13.y * tileB_11.x + tileA_13.z * tileB_13.x + tileA_13.w * tileB_15.x;
      acc_33 = acc_33 + tileA_13.x * tileB_9.y + tileA_13.y * tileB_11.y + tileA_13.z * tileB_13.y + tileA_13.w * tileB_15.y;
      acc_34 = acc_34 + tileA_13.x * tileB_9.z + tileA_13.y * tileB_11.z + tileA_13.z * tileB_13.z + tileA_13.w * tileB_15.z;
      acc_35 = acc_35 + tileA_13.x * tileB_9.w + tileA_13.y * tileB_11.w + tileA_13.z * tileB_13.w + tileA_13.w * tileB_15.w;
      acc_36 = acc_36 + tileA_13.x * tileB_10.x + tileA_13.y * tileB_12.x + tileA_13.z * tileB_14.x + tileA_13.w * tileB_16.x;
      acc_37 = acc_37 + tileA_13.x * tileB_10.y + tileA_13.y * tileB_12.y + tileA_13.z * tileB_14.y + tileA_13.w * tileB_16.y;
      acc_38 = acc_38 + tileA_13.x * tileB_10.z + tileA_13.y * tileB_12.z + tileA_13.z * tileB_14.z + tileA_13.w * tileB_16.z;
      acc_39 = acc_39 + tileA_13.x * tileB_10.w + tileA_13.y * tileB_12.w + tileA_13.z * tileB_14.w + tileA_13.w * tileB_16.w;
      acc_40 = acc_40 + tileA_14.x * tileB_9.x + tileA_14.y * tileB_11.x + tileA_14.z * tileB_13.x + tileA_14.w * tileB_15.x;
      acc_41 = acc_41 + tileA_14.x * tileB_9.y + tileA_14.y * tileB_11.y + tileA_14.z * tileB_13.y + tileA_14.w * tileB_15.y;
      acc_42 = acc_42 + tileA_14.x * tileB_9.z + tileA_14.y * tileB_11.z + tileA_14.z * tileB_13.z + tileA_14.w * tileB_15.z;
      acc_43 = acc_43 + tileA_14.x * tileB_9.w + tileA_14.y * tileB_11.w + tileA_14.z * tileB_13.w + tileA_14.w * tileB_15.w;
      acc_44 = acc_44 + tileA_14.x * tileB_10.x + tileA_14.y * tileB_12.x + tileA_14.z * tileB_14.x + tileA_14.w * tileB_16.x;
      acc_45 = acc_45 + tileA_14.x * tileB_10.y + tileA_14.y * tileB_12.y + tileA_14.z * tileB_14.y + tileA_14.w * tileB_16.y;
      acc_46 = acc_46 + tileA_14.x * tileB_10.z + tileA_14.y * tileB_12.z + tileA_14.z * tileB_14.z + tileA_14.w * tileB_16.z;
      acc_47 = acc_47 + tileA_14.x * tileB_10.w + tileA_14.y * tileB_12.w + tileA_14.z * tileB_14.w + tileA_14.w * tileB_16.w;
      acc_48 = acc_48 + tileA_15.x * tileB_9.x + tileA_15.y * tileB_11.x + tileA_15.z * tileB_13.x + tileA_15.w * tileB_15.x;
      acc_49 = acc_49 + tileA_15.x * tileB_9.y + tileA_15.y * tileB_11.y + tileA_15.z * tileB_13.y + tileA_15.w * tileB_15.y;
      acc_50 = acc_50 + tileA_15.x * tileB_9.z + tileA_15.y * tileB_11.z + tileA_15.z * tileB_13.z + tileA_15.w * tileB_15.z;
      acc_51 = acc_51 + tileA_15.x * tileB_9.w + tileA_15.y * tileB_11.w + tileA_15.z * tileB_13.w + tileA_15.w * tileB_15.w;
      acc_52 = acc_52 + tileA_15.x * tileB_10.x + tileA_15.y * tileB_12.x + tileA_15.z * tileB_14.x + tileA_15.w * tileB_16.x;
      acc_53 = acc_53 + tileA_15.x * tileB_10.y + tileA_15.y * tileB_12.y + tileA_15.z * tileB_14.y + tileA_15.w * tileB_16.y;
      acc_54 = acc_54 + tileA_15.x * tileB_10.z + tileA_15.y * tileB_12.z + tileA_15.z * tileB_14.z + tileA_15.w * tileB_16.z;
      acc_55 = acc_55 + tileA_15.x * tileB_10.w + tileA_15.y * tileB_12.w + tileA_15.z * tileB_14.w + tileA_15.w * tileB_16.w;
      acc_56 = acc_56 + tileA_16.x * tileB_9.x + tileA_16.y * tileB_11.x + tileA_16.z * tileB_13.x + tileA_16.w * tileB_15.x;
      acc_57 = acc_57 + tileA_16.x * tileB_9.y + tileA_16.y * tileB_11.y + tileA_16.z * tileB_13.y + tileA_16.w * tileB_15.y;
      acc_58 = acc_58 + tileA_16.x * tileB_9.z + tileA_16.y * tileB_11.z + tileA_16.z * tileB_13.z + tileA_16.w * tileB_15.z;
      acc_59 = acc_59 + tileA_16.x * tileB_9.w + tileA_16.y * tileB_11.w + tileA_16.z * tileB_13.w + tileA_16.w * tileB_15.w;
      acc_60 = acc_60 + tileA_16.x * tileB_10.x + tileA_16.y * tileB_12.x + tileA_16.z * tileB_14.x + tileA_16.w * tileB_16.x;
      acc_61 = acc_61 + tileA_16.x * tileB_10.y + tileA_16.y * tileB_12.y + tileA_16.z * tileB_14.y + tileA_16.w * tileB_16.y;
      acc_62 = acc_62 + tileA_16.x * tileB_10.z + tileA_16.y * tileB_12.z + tileA_16.z * tileB_14.z + tileA_16.w * tileB_16.z;
      acc_63 = acc_63 + tileA_16.x * tileB_10.w + tileA_16.y * tileB_12.w + tileA_16.z * tileB_14.w + tileA_16.w * tileB_16.w;
      if (inside_1) {
        let tileA_base_2 = t_6 + (t_11 & 1) * 512;
        tileA[tileA_base_2 >> 2u] = vec4<f32>(nextA_0, nextA_1, nextA_2, nextA_3);
        let tileA_base_3 = tileA_base_2 + 256;
        tileA[tileA_base_3 >> 2u] = vec4<f32>(nextA_4, nextA_5, nextA_6, nextA_7);
        tileB[tileA_base_2 >> 2u] = vec4<f32>(nextB_0, nextB_1, nextB_2, nextB_3);
        tileB[tileA_base_3 >> 2u] = vec4<f32>(nextB_4, nextB_5, nextB_6, nextB_7);
      }
      workgroupBarrier();
    }
    let t_11 = t_2 + thread_div_8 * 8;
    let c_base = t_4 + t_9;
    let inside_1 = t_11 < scalars.s1;
    let inside_2 = c_base < scalars.s4;
    let c_base_1 = c_base + t_11 * scalars.s4;
    if (inside_1 & inside_2) {
      c[c_base_1 >> 2u] = vec4<f32>(acc_0, acc_1, acc_2, acc_3);
    }
    let inside_3 = c_base + 4 < scalars.s4;
    if (inside_1 & inside_3) {
      c[(c_base_1 >> 2u) + 1] = vec4<f32>(acc_4, acc_5, acc_6, acc_7);
    }
    let t_12 = t_11 + 1;
    let inside_4 = t_12 < scalars.s1;
    let c_base_2 = c_base + t_12 * scalars.s4;
    if (inside_4 & inside_2) {
      c[c_base_2 >> 2u] = vec4<f32>(acc_8, acc_9, acc_10, acc_11);
    }
    if (inside_4 & inside_3) {
      c[(c_base_2 >> 2u) + 1] = vec4<f32>(acc_12, acc_13, acc_14, acc_15);
    }
    let t_13 = t_11 + 2;
    let inside_5 = t_13 < scalars.s1;
    let c_base_3 = c_base + t_13 * scalars.s4;
    if (inside_5 & inside_2) {
      c[c_base_3 >> 2u] = vec4<f32>(acc_16, acc_17, acc_18, acc_19);
    }
    if (inside_5 & inside_3) {
      c[(c_base_3 >> 2u) + 1] = vec4<f32>(acc_20, acc_21, acc_22, acc_23);
    }
    let t_14 = t_11 + 3;
    let inside_6 = t_14 < scalars.s1;
    let c_base_4 = c_base + t_14 * scalars.s4;
    if (inside_6 & inside_2) {
      c[c_base_4 >> 2u] = vec4<f32>(acc_24, acc_25, acc_26, acc_27);
    }
    if (inside_6 & inside_3) {
      c[(c_base_4 >> 2u) + 1] = vec4<f32>(acc_28, acc_29, acc_30, acc_31);
    }
    let t_15 = t_11 + 4;
    let inside_7 = t_15 < scalars.s1;
    let c_base_5 = c_base + t_15 * scalars.s4;
    if (inside_7 & inside_2) {
      c[c_base_5 >> 2u] = vec4<f32>(acc_32, acc_33, acc_34, acc_35);
    }
    if (inside_7 & inside_3) {
      c[(c_base_5 >> 2u) + 1] = vec4<f32>(acc_36, acc_37, acc_38, acc_39);
    }
    let t_16 = t_11 + 5;
    let inside_8 = t_16 < scalars.s1;
    let c_base_6 = c_base + t_16 * scalars.s4;
    if (inside_8 & inside_2) {
      c[c_base_6 >> 2u] = vec4<f32>(acc_40, acc_41, acc_42, acc_43);
    }
    if (inside_8 & inside_3) {
      c[(c_base_6 >> 2u) + 1] = vec4<f32>(acc_44, acc_45, acc_46, acc_47);
    }
    let t_17 = t_11 + 6;
    let inside_9 = t_17 < scalars.s1;
    let c_base_7 = c_base + t_17 * scalars.s4;
    if (inside_9 & inside_2) {
      c[c_base_7 >> 2u] = vec4<f32>(acc_48, acc_49, acc_50, acc_51);
    }
    if (inside_9 & inside_3) {
      c[(c_base_7 >> 2u) + 1] = vec4<f32>(acc_52, acc_53, acc_54, acc_55);
    }
    let t_18 = t_11 + 7;
    let inside_10 = t_18 < scalars.s1;
    let c_base_8 = c_base + t_18 * scalars.s4;
    if (inside_10 & inside_2) {
      c[c_base_8 >> 2u] = vec4<f32>(acc_56, acc_57, acc_58, acc_59);
    }
    if (inside_10 & inside_3) {
      c[(c_base_8 >> 2u) + 1] = vec4<f32>(acc_60, acc_61, acc_62, acc_63);
    }
  }
}
