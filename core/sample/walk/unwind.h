/* unwind.h -- goes from a native frame to its caller's, with the registers.
 *
 * A step finds the rule for the frame's pc (platform/unwind_rule.h) and reads
 * the caller's registers from the stack: some 20 ns with a cached rule. Unlike
 * libunwind's fast path it keeps all callee-saved registers, in which the
 * interpreter holds its position (vm_line.h), and it makes no system call.
 *
 * Path: native_stack.c -> [unwind] -> platform/unwind_rule.c
 */
#ifndef SAMPLE_WALK_UNWIND_H
#define SAMPLE_WALK_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/platform/unwind_rule.h"

/* A frame. */
struct unwind_cursor {
    uintptr_t pc;
    uintptr_t registers[UNWIND_N_REGISTERS]; /* by their DWARF numbers */
    uint16_t known;          /* bit i: registers[i] has the frame's value */
    bool is_returned;        /* pc is a return address, behind the call */
    struct unwind_rule rule; /* for this pc */
};

enum unwind_result { UNWIND_STEPPED, UNWIND_REACHED_END, UNWIND_FAILED };

/* Sets the cursor to the frame that the signal with this ucontext interrupted.
 * [signal] */
void unwind_from_signal(struct unwind_cursor *cursor, const void *ucontext);

/* Sets the cursor to the frame of a thread that sleeps at `pc` with the stack
 * pointer `sp`. Its other registers are not known. */
void unwind_from_place(struct unwind_cursor *cursor, uintptr_t pc,
                       uintptr_t sp);

/* Sets the cursor to the caller of this function. [any thread, signal] */
void unwind_from_here(struct unwind_cursor *cursor);

/* Returns an address inside the instruction at which the frame is. */
static inline uintptr_t unwind_pc(const struct unwind_cursor *cursor)
{
    return cursor->pc - cursor->is_returned;
}

/* Sets the cursor to the caller's frame. Returns UNWIND_REACHED_END if the
 * frame is the outermost, and UNWIND_FAILED if its caller cannot be found; the
 * cursor then has no frame. Faults if the stack is damaged. [any thread,
 * signal, under fault_guard_run] */
enum unwind_result unwind_step(struct unwind_cursor *cursor);

#endif
