/* symbolize.h -- names, source lines and mappings of native code, from symbol
 * tables and DWARF by libdw (debug info is found by build ID too). Slow, and
 * takes a lock: off the hot path only. [any thread, not in a handler]
 */
#ifndef SAMPLE_PLATFORM_SYMBOLIZE_H
#define SAMPLE_PLATFORM_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    char name[256]; /* "OBJECT+0xOFFSET" of its start where it has no symbol */
    char file[512]; /* source file; empty: unknown */
    int line;       /* of the address; 0: unknown */
    int start_line; /* of the function; 0: unknown */
};

/* What is at `pc`, an address inside an instruction. */
void symbolize(uintptr_t pc, struct symbol *symbol);

/* The name alone; false when `pc` is in no loaded object. */
bool symbolize_name(uint64_t pc, char *out, size_t size);

/* The first address of the function at `pc`, by its unwind information, which
 * stripped objects have too; `pc` itself when it has none. */
uintptr_t symbolize_function_start(uintptr_t pc);

/* The executable mapping that holds `pc`. */
struct symbol_mapping {
    uint64_t start, limit, offset;
    char file[512];
    char build_id[64]; /* hexadecimal; empty: none */
};
bool symbolize_mapping(uintptr_t pc, struct symbol_mapping *mapping);

#endif
