/* trap_flag.h -- the processor's trap flag, which raises SIGTRAP after each
 * machine instruction of the calling thread. */
#ifndef TRAP_FLAG_H
#define TRAP_FLAG_H

#include <stdbool.h>
#include <x86intrin.h>

static inline void set_trap_flag(bool is_on)
{
    enum { TRAP_FLAG = 0x100 };
    unsigned long long flags = __readeflags();
    __writeeflags(is_on ? flags | TRAP_FLAG
                        : flags & ~(unsigned long long)TRAP_FLAG);
}

#endif
