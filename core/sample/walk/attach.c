#include "sample/walk/attach.h"

#include "base/fork.h"
#include "sample/platform/own_work.h"
#include "sample/tables/labels.h"
#include "sample/walk/signal_stack.h"
#include "sample/walk/thread.h"

static void set_worker(struct sampler_thread *t, const char *worker)
{
    if (!worker)
        return;
    struct label label = {"worker", worker};
    t->labels = labels_intern(&label, 1);
}

static bool attach(const char *worker, struct err *err)
{
    if (thread_self) { /* by attach_foreign_thread */
        thread_self->is_foreign = false;
        set_worker(thread_self, worker);
        return true;
    }
    struct sampler_thread *t = thread_new(err);
    if (!t)
        return false;
    if (!signal_stack_new(&t->signal_stack, err)) {
        thread_free(t);
        return false;
    }
    set_worker(t, worker);
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

void attach_foreign_thread(void)
{
    struct err err;
    if (!thread_self && attach_thread(NULL, &err) && thread_self)
        thread_self->is_foreign = thread_self->is_from_hook = true;
}

void detach_foreign_thread(void)
{
    if (!thread_self || fork_is_child())
        return;
    void *stack = thread_self->signal_stack;
    threads_retire(thread_self);
    signal_stack_free(stack);
}

void detach_thread(void)
{
    if (thread_self && thread_self->is_from_hook) {
        thread_self->labels = 0;
        thread_self->is_foreign = true;
    } else {
        detach_foreign_thread();
    }
}
