// Atomic access to 32-bit words of shared memory: std::atomic_ref, as far as C++17 lets us have it.
//
// std::atomic<uint32_t> would claim that an object of that type lives in the page. What lives there are bytes that
// another process, perhaps written in another language, stores to; the compiler's builtins act on exactly those.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace ctrl_if {

// Between processes a lock hidden in libatomic would be a different lock on each side.
static_assert(__atomic_always_lock_free(sizeof(uint32_t), nullptr), "32-bit words must be lock-free");

inline uint32_t load_acquire(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
inline uint32_t load_relaxed(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
inline void store_release(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
inline void store_relaxed(uint32_t* word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELAXED); }

/// Acquire and release: the caller sees what the last writer did before, the next reader what the caller did.
inline uint32_t exchange(uint32_t* word, uint32_t value) { return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL); }

// Bits that several processes set and clear. Sequentially consistent: of two sides that each change one word and then
// read the other's (event_channel.hpp), at least one sees the other's change. On x86 they cost what weaker ones do.
inline uint32_t load_seq_cst(const uint32_t* word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
inline uint32_t set_bits(uint32_t* word, uint32_t bits) { return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST); }
inline uint32_t clear_bits(uint32_t* word, uint32_t bits) { return __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST); }

/// Stores `desired` only where `expected` is found, and returns what was found. Acquire and release when it stores, as
/// exchange(); acquire when it does not.
inline uint32_t compare_exchange(uint32_t* word, uint32_t expected, uint32_t desired) {
  __atomic_compare_exchange_n(word, &expected, desired, /*weak=*/false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  return expected;
}

/// The only order that keeps an earlier store ahead of a later load (store buffers, also on x86).
inline void full_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/// Forbids the compiler to fetch anything again that it fetched before this point. No instruction.
inline void compiler_fence() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/// One turn of a busy wait: frees the core's pipeline for its sibling, and leaves the spin without a mis-speculated
/// load.
inline void cpu_relax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield" ::: "memory");
#else
  compiler_fence();
#endif
}

}  // namespace ctrl_if
