// mbarriers: 64 bits of shared memory that count arrivals into phases.
#pragma once

inline void tw_mbarrier_init(unsigned long long* slot, int arrivals) { tw_init_mbarrier(slot, arrivals); }
inline void tw_mbarrier_arrive(unsigned long long* slot) { tw_arrive_at_mbarrier(slot); }
inline void tw_mbarrier_wait(unsigned long long* slot, int parity) { tw_wait_at_mbarrier(slot, parity); }

// Of clusters.
inline void tw_mbarrier_arrive_at(unsigned long long* slot, int rank) { tw_arrive_at_mbarrier(tw_in_block(slot, rank)); }
inline void tw_mbarrier_wait_cluster(unsigned long long* slot, int parity) { tw_wait_at_mbarrier(slot, parity); }
inline void tw_meet_cluster() { tw_cluster_barrier(); }
