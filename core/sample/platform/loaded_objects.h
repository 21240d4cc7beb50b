/* loaded_objects.h -- the list of loaded libraries, readable in a signal
 * handler.
 *
 * libunwind calls dl_iterate_phdr to find the unwind tables of an address. The
 * C library's dl_iterate_phdr takes the loader's lock, which the interrupted
 * thread may hold. So the program defines dl_iterate_phdr itself: between
 * loaded_objects_enter_handler and loaded_objects_leave_handler the function
 * reads a snapshot and takes no lock; at any other time it is the C library's
 * (C++ exceptions use it too).
 *
 * The program also defines dlclose, which does nothing: a library is never
 * unmapped, so a snapshot's entries stay valid for ever.
 *
 * Path: native_stack.c -> libunwind -> [loaded_objects]
 */
#ifndef SAMPLE_PLATFORM_LOADED_OBJECTS_H
#define SAMPLE_PLATFORM_LOADED_OBJECTS_H

#include <stdbool.h>

/* Takes the first snapshot. Returns false if out of memory. Called once, at
 * start, before any signal handler runs. */
bool loaded_objects_init(void);

/* Takes a new snapshot if a library was loaded since the last one. Keeps the
 * old snapshot if out of memory. Takes the loader's lock.
 * [any thread, not in a handler] */
void loaded_objects_refresh(void);

/* Called before and after each unwinding: in between, the calling thread's
 * dl_iterate_phdr reads the snapshot. Calls do not nest. [any thread, signal]
 */
void loaded_objects_enter_handler(void);
void loaded_objects_leave_handler(void);

#endif
