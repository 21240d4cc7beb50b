/* known_symbols.h -- remembers the symbols of native code between profiles.
 *
 * A server whose profiles are scraped looks up the same addresses every few
 * seconds. Reading them again from the files costs about 75 ms a profile where
 * debug information is installed, and keeping the files open costs 20 MiB. A
 * remembered symbol takes about 100 bytes. A symbol never changes, because no
 * library is ever unmapped (loaded_objects.h).
 *
 *     entries             lines                      functions
 *     | pc | lines  |     | function | line |        | name, file, ... |
 *     | .. | 0 to 1 | --> |    7     |  103 | -----> | 7: read_int     |
 *     | .. | 2 to 2 |     |    2     |  311 |        | 2: vfprintf     |
 *
 * Path: locations.c -> [known_symbols]
 */
#ifndef SAMPLE_BUILD_KNOWN_SYMBOLS_H
#define SAMPLE_BUILD_KNOWN_SYMBOLS_H

#include <stdint.h>

#include "sample/platform/symbolize.h"

/* Writes what `symbolize` would of `pc`. Returns the number of functions, 0 if
 * they are not known. The strings live for ever. [any thread, not in a
 * handler] */
unsigned known_symbols_get(uintptr_t pc, struct symbol symbols[SYMBOLS_MAX]);

/* Remembers the functions at `pc`. Does nothing if out of memory, or if 65,536
 * addresses are known already. [any thread, not in a handler] */
void known_symbols_add(uintptr_t pc, const struct symbol *symbols, unsigned n);

#endif
