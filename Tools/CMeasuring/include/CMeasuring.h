// What Swift has no words for: counting allocations, a histogram that every thread adds to, and pinning to a core.
#ifndef C_MEASURING_H
#define C_MEASURING_H

#include <stdbool.h>
#include <stdint.h>

// Whether allocations can be counted on this system: with glibc, whose own functions the counting ones call.
bool measuring_counts_allocations(void);

// Begins to count, from 0, what all threads allocate.
void measuring_begin_allocations(void);

// Stops counting, and returns how often memory was asked for since it began.
uint64_t measuring_end_allocations(void);

// A monotonic clock, in nanoseconds.
uint64_t measuring_now(void);

// Durations by their length, with an error below 1 %. Any thread may add at any time.
void measuring_reset_durations(void);
void measuring_add_duration(uint64_t nanoseconds);

// The duration in nanoseconds that a share of the added ones does not exceed; 0 where none was added. `share`: 0 to 1.
uint64_t measuring_duration_at(double share);

// Keeps the process, with all threads that it starts later, on one core. False where the system cannot.
bool measuring_pin(int core);

// Gives this process, and those that it starts later, the highest priority that is not one of real time. False where it may not.
bool measuring_take_precedence(void);

// The most memory that the process has had resident so far, and what it has now, in bytes; 0 where that is unknown.
uint64_t measuring_peak_resident(void);
uint64_t measuring_resident(void);

// The bytes that are allocated at the moment; 0 where that is unknown.
uint64_t measuring_allocated(void);

// The processor time of the process so far, in nanoseconds.
struct measuring_time {
    uint64_t user;
    uint64_t system;
};
struct measuring_time measuring_processor_time(void);

// The same for the child processes that have ended and were waited for, together.
struct measuring_time measuring_children_time(void);

// Whether a folder lies in memory, so that nothing that is synced there costs anything. False where that is unknown.
bool measuring_is_in_memory(const char *path);

#endif
