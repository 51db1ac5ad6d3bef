/* Loaded before a program that valgrind runs: valgrind writes to the mask that sigsuspend is given, and ends where, as in
   libdispatch, that lies in memory that cannot be written. What waits here waits for ever in any case, but not
   in one call of the system, which could keep valgrind from ending. */
#include <signal.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    (void)mask;
    for (;;) usleep(10000);
}
