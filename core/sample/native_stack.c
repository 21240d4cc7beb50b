#define UNW_LOCAL_ONLY
#include "sample/native_stack.h"

#include <libunwind.h>
#include <string.h>
#include <ucontext.h>

#include "sample/loaded_objects.h"

/* The handler's own frames, the signal trampoline among them, lie above the
 * interrupted pc: never more than this many. */
enum { MAX_OWN = 12, MAX_FRAMES = 160 };

void native_stack_prewarm(void)
{
    void *frames[MAX_FRAMES];
    unw_backtrace(frames, MAX_FRAMES);
}

unsigned native_stack_capture(const void *ucontext, uintptr_t *out,
                              unsigned max, bool *truncated)
{
    const ucontext_t *context = ucontext;
    uintptr_t pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    void *frames[MAX_FRAMES];

    loaded_objects_enter_handler();
    int n = unw_backtrace(frames, MAX_FRAMES);
    loaded_objects_leave_handler();

    int first = 0;
    while (first < n && first < MAX_OWN && (uintptr_t)frames[first] != pc)
        first++;
    if (first == n || first == MAX_OWN) {
        out[0] = pc; /* not unwound to the interrupted frame */
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
