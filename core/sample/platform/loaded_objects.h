/* loaded_objects.h -- the code of the program and its libraries, readable in a
 * signal handler.
 *
 * The C library's dl_iterate_phdr takes the loader's lock, which an interrupted
 * thread may hold. So a signal handler reads a snapshot of the list, and no
 * lock.
 *
 * The program also defines dlclose, which does nothing: a library is never
 * unmapped, so a snapshot's entries stay valid for ever.
 *
 * Path: [loaded_objects] -> eh_frame.c
 */
#ifndef SAMPLE_PLATFORM_LOADED_OBJECTS_H
#define SAMPLE_PLATFORM_LOADED_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

/* Takes the first snapshot. Returns false if out of memory. Called once, at
 * start, before any signal handler runs. */
bool loaded_objects_init(void);

/* Takes a new snapshot if a library was loaded since the last one. Keeps the
 * old snapshot if out of memory. Takes the loader's lock. Called by the
 * collector after each reading of the rings, and before each stack of an
 * allocation or a wait: a signal that comes in a library newer than the
 * snapshot gets a stack that ends there. [any thread, not in a handler] */
void loaded_objects_refresh(void);

/* Returns the .eh_frame_hdr of the object whose code holds `pc`, or NULL if
 * there is no such object or it has none. [any thread, signal] */
const void *loaded_objects_eh_frame_hdr(uintptr_t pc);

#endif
