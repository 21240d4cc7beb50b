#include "sample/walk/attach.h"

#include "base/fork.h"
#include "sample/platform/own_work.h"
#include "sample/tables/labels.h"
#include "sample/walk/signal_stack.h"
#include "sample/walk/thread.h"

static bool attach(const char *worker, struct err *err)
{
    struct sampler_thread *t = thread_new(err);
    if (!t)
        return false;
    if (!signal_stack_new(&t->signal_stack, err)) {
        thread_free(t);
        return false;
    }
    if (worker) {
        struct label label = {"worker", worker};
        t->labels = labels_intern(&label, 1);
    }
    thread_self = t;
    threads_add(t);
    return true;
}

bool attach_thread(const char *worker, struct err *err)
{
    if (fork_depth > 0)
        return true;
    own_work_enter();
    bool ok = attach(worker, err);
    own_work_leave();
    return ok;
}

void detach_thread(void)
{
    if (!thread_self || fork_depth > 0)
        return;
    void *stack = thread_self->signal_stack;
    threads_retire(thread_self);
    signal_stack_free(stack);
}
