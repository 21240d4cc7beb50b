#include "sample/platform/loaded_objects.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MAX_OBJECTS = 1024 };

typedef int (*iterate_fn)(int (*)(struct dl_phdr_info *, size_t, void *),
                          void *);

/* Immutable once published in `current`. A replaced snapshot is never freed,
 * because a handler may be reading it. A process loads libraries a few times
 * only, so the snapshots stay few. */
struct snapshot {
    struct snapshot *replaced;
    unsigned long long adds; /* number of libraries ever loaded */
    int n;
    struct dl_phdr_info objects[];
};

static _Atomic(struct snapshot *) current;
static _Thread_local volatile bool in_handler; /* reads the snapshot */

/* A sanitizer's runtime calls dl_iterate_phdr before instrumented code may
 * run. */
#define NO_SANITIZE                                                            \
    __attribute__((no_sanitize("address", "thread", "undefined")))

/* Returns the C library's dl_iterate_phdr. */
NO_SANITIZE static iterate_fn real_iterate(void)
{
    static _Atomic(iterate_fn) real;
    iterate_fn found = atomic_load(&real);
    if (!found) {
        found = (iterate_fn)dlsym(RTLD_NEXT, "dl_iterate_phdr");
        atomic_store(&real, found);
    }
    return found;
}

NO_SANITIZE int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t,
                                                void *),
                                void *data)
{
    if (!in_handler)
        return real_iterate()(callback, data);
    struct snapshot *s = atomic_load(&current);
    int result = 0;
    for (int i = 0; s && i < s->n && result == 0; i++) {
        struct dl_phdr_info info = s->objects[i];
        result = callback(&info, sizeof info, data);
    }
    return result;
}

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}

static int read_adds(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    *(unsigned long long *)ctx = info->dlpi_adds;
    return 1; /* stops the iteration: every object has the same number */
}

static int add_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct snapshot *s = ctx;
    (void)size;
    s->adds = info->dlpi_adds;
    if (s->n < MAX_OBJECTS)
        s->objects[s->n++] = *info;
    return 0;
}

/* Returns false if out of memory. */
static bool take_snapshot(void)
{
    struct snapshot *s =
        calloc(1, sizeof *s + MAX_OBJECTS * sizeof s->objects[0]);
    if (!s)
        return false;
    real_iterate()(add_object, s);
    struct snapshot *fitted =
        realloc(s, sizeof *s + (size_t)s->n * sizeof s->objects[0]);
    s = fitted ? fitted : s;
    s->replaced = atomic_exchange(&current, s);
    return true;
}

bool loaded_objects_init(void) { return take_snapshot(); }

void loaded_objects_refresh(void)
{
    unsigned long long adds = 0;
    real_iterate()(read_adds, &adds);
    const struct snapshot *s = atomic_load(&current);
    if (!s || adds != s->adds)
        take_snapshot();
}

void loaded_objects_enter_handler(void) { in_handler = true; }

void loaded_objects_leave_handler(void) { in_handler = false; }
