/* known_symbols.h -- remembers the symbols of native code between profiles.
 *
 * A server whose profiles are scraped looks up the same addresses every few
 * seconds. Reading them again from the files costs about 75 ms a profile where
 * debug information is installed, and keeping the files open costs 20 MiB. A
 * remembered symbol takes about 100 bytes. A symbol never changes, because no
 * library is ever unmapped (loaded_objects.h).
 *
 *     index by pc -> entries: pc, name, file, line -> strings
 *
 * Path: locations.c -> [known_symbols]
 */
#ifndef SAMPLE_BUILD_KNOWN_SYMBOLS_H
#define SAMPLE_BUILD_KNOWN_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct symbol;

/* Fills in the symbol at `pc`. Returns false if it is not known. [any thread,
 * not in a handler] */
bool known_symbols_get(uintptr_t pc, struct symbol *symbol);

/* Remembers the symbol at `pc`. Does nothing if out of memory, or if there are
 * 65,536 symbols already. [any thread, not in a handler] */
void known_symbols_add(uintptr_t pc, const struct symbol *symbol);

#endif
