#define UNW_LOCAL_ONLY
#include "sample/walk/native_stack.h"

#include <libunwind.h>
#include <string.h>
#include <ucontext.h>

#include "sample/platform/loaded_objects.h"
#include "sample/platform/quiet.h"

/* At most MAX_OWN frames of the sampler lie above the frame at which a stack
 * begins: the handler's and the signal trampoline, or those of
 * current_stack.c and its caller. */
enum { MAX_OWN = 12, MAX_FRAMES = 160 };

void native_stack_prewarm(void)
{
    void *frames[MAX_FRAMES];
    quiet_enter();
    unw_backtrace(frames, MAX_FRAMES);
    quiet_leave();
}

/* Writes the frames from the one at `pc` on. If the unwinding does not reach
 * that frame, the frame alone is the stack. */
static unsigned take_from(uintptr_t pc, uintptr_t *out, unsigned max,
                          bool *truncated)
{
    void *frames[MAX_FRAMES];
    loaded_objects_enter_handler();
    int n = unw_backtrace(frames, MAX_FRAMES);
    loaded_objects_leave_handler();

    int first = 0;
    while (first < n && first < MAX_OWN && (uintptr_t)frames[first] != pc)
        first++;
    if (first == n || first == MAX_OWN) {
        out[0] = pc;
        *truncated = true;
        return 1;
    }
    unsigned count = (unsigned)(n - first);
    *truncated = n == MAX_FRAMES || count > max;
    if (count > max)
        count = max;
    memcpy(out, frames + first, count * sizeof *out);
    return count;
}

unsigned native_stack_capture(const void *ucontext, uintptr_t *out,
                              unsigned max, bool *truncated)
{
    const ucontext_t *context = ucontext;
    uintptr_t pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    return take_from(pc, out, max, truncated);
}

unsigned native_stack_here(uintptr_t caller, uintptr_t *out, unsigned max,
                           bool *truncated)
{
    /* A frame of a library that the snapshot lacks would end the stack. */
    loaded_objects_refresh();
    return take_from(caller, out, max, truncated);
}
