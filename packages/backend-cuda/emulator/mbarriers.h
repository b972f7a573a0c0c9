// mbarriers: 64 bits of shared memory that count arrivals into phases.
#pragma once

inline void tw_mbarrier_init(unsigned long long* slot, int arrivals) { tw_init_mbarrier(slot, arrivals); }
inline void tw_mbarrier_arrive(unsigned long long* slot) { tw_arrive_at_mbarrier(slot); }
inline void tw_mbarrier_wait(unsigned long long* slot, int parity) { tw_wait_at_mbarrier(slot, parity); }
