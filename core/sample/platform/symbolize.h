/* symbolize.h -- functions, source lines and mappings of native code.
 *
 * A lookup may read debug information (debug_info.h) for milliseconds, so
 * profiles are symbolized when they end, on the thread that builds them, and
 * never while samples are taken. What is read takes about 20 MiB, so each
 * profile has a symbolizer of its own, which is freed with the names of the
 * profile.
 *
 * Path: locations.c, pprof_symbol.c -> [symbolize] -> debug_info.c
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

/* A function at an address. */
struct symbol {
    /* Without what compilers and the linker add: "sweepstep". A function
     * without a symbol is called "OBJECT+0xOFFSET", by its first address. */
    const char *name;
    /* As in the symbol table, "sweepstep.constprop.0". Empty if that is the
     * name, except for C++, whose symbols pprof translates into names. */
    const char *system_name;
    const char *file; /* source file; empty: unknown */
    int start_line;   /* of the function in `file`; 0: unknown */
    int line;         /* of the address; 0: unknown */
};

/* Number of functions at one address that are told apart. */
enum { SYMBOLS_MAX = 32 };

/* Writes the functions at `pc`, an address inside an instruction: the innermost
 * of the inlined functions first, the function itself last. Returns their
 * number, 0 if `pc` is in no loaded object. The strings live until the next
 * call with this symbolizer. */
unsigned symbolize(struct symbolizer *symbolizer, uintptr_t pc,
                   struct symbol symbols[SYMBOLS_MAX]);

/* Writes the name of the function at `pc` alone. Returns false if `pc` is in no
 * loaded object. */
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
