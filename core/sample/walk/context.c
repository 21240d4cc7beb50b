#include "sample/walk/context.h"

#include "sample/walk/thread.h"

uint32_t context_set_labels(uint32_t labels)
{
    struct sampler_thread *t = thread_self;
    if (!t)
        return 0;
    uint32_t old = t->labels;
    t->labels = labels;
    return old;
}

struct context context_switch(struct context to)
{
    struct sampler_thread *t = thread_self;
    if (!t)
        return (struct context){0};
    struct context old = {t->request, t->labels};
    t->request = to.request;
    t->labels = to.labels;
    return old;
}

uint32_t context_labels(void) { return thread_self ? thread_self->labels : 0; }
