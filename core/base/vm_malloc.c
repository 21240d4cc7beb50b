#include "base/vm_malloc.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/libc_malloc.h"
#include "base/log.h"

struct vm_malloc vm_malloc = {libc_malloc, libc_realloc, libc_free};

static void (*collect)(bool force); /* NULL: mimalloc is not open */

#if LIBC_MALLOC_IS_REPLACEABLE

static void open_mimalloc(void)
{
    void *library = dlopen(MIMALLOC_SONAME, RTLD_NOW | RTLD_LOCAL);
    struct vm_malloc found = {0};
    if (library) {
        found.take = (void *(*)(size_t))dlsym(library, "mi_malloc");
        found.resize = (void *(*)(void *, size_t))dlsym(library, "mi_realloc");
        found.give = (void (*)(void *))dlsym(library, "mi_free");
        collect = (void (*)(bool))dlsym(library, "mi_collect");
    }
    if (found.take && found.resize && found.give)
        vm_malloc = found;
    else
        log_write(LOG_WARN, "mimalloc_missing",
                  LOG_FIELDS(log_text("error", dlerror())));
}

#else

static void open_mimalloc(void) {}

#endif

void vm_malloc_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_mimalloc);
}

void vm_malloc_trim(void)
{
    if (collect)
        collect(true);
    malloc_trim(0);
}
