#include "sample/platform/fault_guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "base/signals.h"

/* The place to jump to after a fault of this thread; NULL: not guarded. */
static _Thread_local sigjmp_buf *volatile landing;
/* The handlers that were installed before. */
static struct sigaction old_segv, old_bus;

static void on_fault(int number, siginfo_t *info, void *context)
{
    if (landing)
        siglongjmp(*landing, 1);
    struct sigaction *old = number == SIGSEGV ? &old_segv : &old_bus;
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(number, info, context);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(number);
    } else {
        /* The faulting instruction runs again after the return and ends the
         * process, as if this handler had not been there. */
        signal(number, SIG_DFL);
    }
}

bool fault_guard_init(void)
{
    /* SA_NODEFER, because siglongjmp leaves the handler and does not unblock
     * the signal: the mask was not saved (sigsetjmp with 0 is cheaper). */
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags =
                                   SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    return signals_take(SIGSEGV, &action, &old_segv) &&
           signals_take(SIGBUS, &action, &old_bus);
}

bool fault_guard_run(void (*fn)(void *ctx), void *ctx)
{
    sigjmp_buf here;
    sigjmp_buf *volatile outer = landing; /* a signal may come in a guarded call
                                             and make one of its own */
    if (sigsetjmp(here, 0)) {
        landing = outer;
        return false;
    }
    landing = &here;
    fn(ctx);
    landing = outer;
    return true;
}
