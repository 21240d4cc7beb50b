/* symbolize.h -- names, source lines and mappings of native code.
 *
 * The data comes from symbol tables and DWARF by libdw, which also finds
 * separate debug information by build ID. A lookup may read files for
 * milliseconds, so profiles are symbolized when they end, on the thread that
 * builds them, and never while samples are taken. What libdw has read takes
 * about 20 MiB, so each profile has a symbolizer of its own, which is freed
 * with the names of the profile.
 *
 * Path: locations.c, pprof_symbol.c -> [symbolize]
 */
#ifndef SAMPLE_PLATFORM_SYMBOLIZE_H
#define SAMPLE_PLATFORM_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The objects of the process and what was read of their files. Used by one
 * thread at a time. */
struct symbolizer;

/* All functions: [any thread, not in a handler] */

/* Returns NULL if out of memory. The caller frees the symbolizer with
 * symbolizer_free, which ignores NULL. */
struct symbolizer *symbolizer_new(void);
void symbolizer_free(struct symbolizer *symbolizer);

struct symbol {
    char name[256]; /* "OBJECT+0xOFFSET" of the function if it has no symbol */
    char file[512]; /* source file; empty: unknown */
    int line;       /* of the address; 0: unknown */
    int start_line; /* of the function; 0: unknown */
};

/* Describes the function at `pc`, an address inside an instruction. If `pc` is
 * in no loaded object, the name is the address in hexadecimal. */
void symbolize(struct symbolizer *symbolizer, uintptr_t pc,
               struct symbol *symbol);

/* Writes the name alone. Returns false if `pc` is in no loaded object. */
bool symbolize_name(struct symbolizer *symbolizer, uint64_t pc, char *out,
                    size_t size);

/* Returns the first address of the function at `pc` as its unwind information
 * gives it, which stripped objects have too. Returns `pc` itself if there is no
 * such information. */
uintptr_t symbolize_function_start(uintptr_t pc);

/* An executable mapping of the process, as /proc/self/maps shows it. */
struct symbol_mapping {
    uint64_t start, limit; /* the mapping is [start, limit) */
    uint64_t offset;       /* of `start` in the file, in bytes */
    char file[512];        /* empty: not a file */
    char build_id[64];     /* hexadecimal; empty: none */
};

/* Describes the mapping that holds `pc`. Returns false if no mapping does. */
bool symbolize_mapping(uintptr_t pc, struct symbol_mapping *mapping);

#endif
