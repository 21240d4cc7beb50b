#include "sample/platform/loaded_objects.h"

#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* One executable segment of an object. */
struct code {
    uintptr_t start, end;
    const void *eh_frame_hdr; /* the object's; NULL: it has none */
};

/* Immutable once published in `current`. A replaced snapshot is never freed,
 * because a handler may be reading it. A process loads libraries a few times
 * only, so the snapshots stay few. */
struct snapshot {
    struct snapshot *replaced;
    unsigned long long adds; /* number of libraries ever loaded */
    size_t n, max;
    struct code codes[]; /* sorted by start */
};

static _Atomic(struct snapshot *) current;

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

static int count_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size;
    *(size_t *)ctx += info->dlpi_phnum;
    return 0;
}

static int add_codes(struct dl_phdr_info *info, size_t size, void *ctx)
{
    struct snapshot *s = ctx;
    (void)size;
    s->adds = info->dlpi_adds;
    const void *eh_frame_hdr = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
            eh_frame_hdr =
                (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type != PT_LOAD || !(h->p_flags & PF_X) || s->n == s->max)
            continue;
        uintptr_t start = info->dlpi_addr + h->p_vaddr;
        s->codes[s->n++] =
            (struct code){start, start + h->p_memsz, eh_frame_hdr};
    }
    return 0;
}

static int by_start(const void *a, const void *b)
{
    const struct code *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

/* Returns false if out of memory. There is room for a place per segment, of
 * which few hold code, so libraries that another thread loads between the two
 * iterations fit as well. */
static bool take_snapshot(void)
{
    size_t max = 0;
    dl_iterate_phdr(count_segments, &max);
    struct snapshot *s = calloc(1, sizeof *s + max * sizeof s->codes[0]);
    if (!s)
        return false;
    s->max = max;
    dl_iterate_phdr(add_codes, s);
    qsort(s->codes, s->n, sizeof s->codes[0], by_start);
    s->replaced = atomic_exchange(&current, s);
    return true;
}

bool loaded_objects_init(void) { return take_snapshot(); }

void loaded_objects_refresh(void)
{
    unsigned long long adds = 0;
    dl_iterate_phdr(read_adds, &adds);
    const struct snapshot *s = atomic_load(&current);
    if (!s || adds != s->adds)
        take_snapshot();
}

const void *loaded_objects_eh_frame_hdr(uintptr_t pc)
{
    const struct snapshot *s = atomic_load(&current);
    size_t low = 0, high = s ? s->n : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->codes[middle].end <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return s && low < s->n && s->codes[low].start <= pc
               ? s->codes[low].eh_frame_hdr
               : NULL;
}
