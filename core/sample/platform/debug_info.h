/* debug_info.h -- functions and source lines at an address, from DWARF and
 * symbol tables.
 *
 * libdw reads the data at the first lookup after debug_info_open. The data
 * takes about 20 MiB, so it is freed by debug_info_close.
 *
 * Path: symbolize.c -> [debug_info] -> debug_file.c
 */
#ifndef SAMPLE_PLATFORM_DEBUG_INFO_H
#define SAMPLE_PLATFORM_DEBUG_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of functions at one address that are told apart: the function itself
 * and those that the compiler has inlined there. */
enum { DEBUG_INFO_MAX = 32 };

/* A function at an address. */
struct debug_line {
    const char *name; /* lives until debug_info_close; NULL: no symbol */
    char file[512];   /* source file; empty: unknown */
    int line;         /* 0: unknown */
    int start_line;   /* of the function, in `file`; 0: unknown */
};

/* One thread at a time uses a reader. [not in a handler] */

/* Returns a reader, which reads nothing yet. Returns NULL if out of memory. The
 * caller frees it with debug_info_close, which ignores NULL. */
struct debug_info *debug_info_open(void);
void debug_info_close(struct debug_info *info);

/* Writes the functions at `pc`, an address inside an instruction: the innermost
 * of the inlined functions first, the function itself last. Returns their
 * number, 0 if `pc` is in no loaded object. */
unsigned debug_info_find(struct debug_info *info, uintptr_t pc,
                         struct debug_line lines[DEBUG_INFO_MAX]);

/* Returns the file name, without folders, of the loaded object that holds `pc`,
 * and sets `*start` to the object's first address. Returns NULL if `pc` is in
 * no loaded object. The name lives until debug_info_close. */
const char *debug_info_object(struct debug_info *info, uintptr_t pc,
                              uintptr_t *start);

#endif
