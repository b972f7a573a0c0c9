// What a module exports beside its kernels. The line TW_EXPORT_LAUNCH(NAME, CLUSTER) after the source gives NAME__launch, and
// NAME__parameter_bytes, which says what its parameters take, and 0 after the last.
#pragma once

#ifndef TW_REVERSED
#define TW_REVERSED false
#endif
static bool tw_reversed = TW_REVERSED, tw_earliest = false;

extern "C" {
// 0: threads and blocks run from the first to the last; else the other way round.
inline __attribute__((used)) void tilewright_set_order(int reversed) { tw_reversed = reversed != 0; }
// 0: asynchronous copies land at the wait; else when they are issued.
inline __attribute__((used)) void tilewright_set_async(int earliest) { tw_earliest = earliest != 0; }
// Makes a tile map without a driver; 0: there are none of such tensors.
inline __attribute__((used)) int tilewright_map_tensor(TwTileMap* map, int type, unsigned rank, const void* first,
                                                       const unsigned long long* extents,
                                                       const unsigned long long* strides, const unsigned* box) {
  return tw_map_tensor(map, type, rank, first, extents, strides, box);
}
// What was wrong with the last launch that failed.
inline __attribute__((used)) const char* tilewright_message() { return tw_message(); }
}

template <int... at>
struct TwIndices {};

template <typename... Arguments>
struct TwCall {
  void (*kernel)(Arguments...);
  void** params;

  template <int... at>
  void run(TwIndices<at...>) const {
    kernel(*(Arguments*)params[at]...);
  }
  static void run(const void* call) { ((const TwCall*)call)->run(TwIndices<__integer_pack(sizeof...(Arguments))...>{}); }
};

template <typename... Arguments>
int tw_launch_kernel(void (*kernel)(Arguments...), void** params, TwIndex grid, TwIndex block, unsigned sharedBytes,
                     unsigned cluster, unsigned osThreads) {
  const TwCall<Arguments...> call{kernel, params};
  const TwLaunch launch{TwCall<Arguments...>::run, &call,     grid,        block,     sharedBytes,
                        cluster,                   osThreads, tw_reversed, tw_earliest};
  return tw_launch(&launch);
}

template <typename... Arguments>
unsigned tw_parameter_bytes(void (*)(Arguments...), unsigned at) {
  const unsigned bytes[] = {sizeof(Arguments)..., 0};
  return at < sizeof...(Arguments) ? bytes[at] : 0;
}

#define TW_EXPORT_LAUNCH(name, cluster)                                                                              \
  extern "C" int name##__launch(unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,        \
                                unsigned sharedBytes, void** params, unsigned osThreads) {                           \
    return tw_launch_kernel(name, params, {gx, gy, gz}, {bx, by, bz}, sharedBytes, cluster, osThreads);              \
  }                                                                                                                  \
  extern "C" unsigned name##__parameter_bytes(unsigned at) { return tw_parameter_bytes(name, at); }
