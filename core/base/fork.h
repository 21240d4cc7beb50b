/* fork.h -- the fork of a script or of a C module: which process this is.
 *
 * A forked child has one thread, so any lock of another thread may be held for
 * ever, and the program's loops and connections belong to the parent. The child
 * runs the script's code, up to its end or to an exec, and nothing else of the
 * program: it records no profile, writes no file, waits for no thread, and has
 * the signal handlers that the program found at its start (base/signals.h).
 *
 * vfork and posix_spawn (os.execute, io.popen) copy nothing and call none of
 * these functions.
 *
 * Path: script/call.c, sample/platform/quiet.h -> [fork]
 */
#ifndef BASE_FORK_H
#define BASE_FORK_H

#include <stdbool.h>

/* Number of forks between the program and this process: 0 in the program
 * itself. [any thread, signal] */
extern unsigned fork_depth;

/* Returns true in a child. Also finds a child of _Fork or of a bare system
 * call, in which fork_depth is 0. [any thread, signal] */
bool fork_is_child(void);

/* Lets a child return from the script to the calling thread's C code. Called on
 * a thread that runs one script and no loop. */
void fork_allow_return(void);

/* Called when a script returns to C code that called it at fork_depth `before`.
 * Ends a child, because what follows belongs to the parent: its loop, its
 * connections. The child exits with 0, or with 1 if the script failed with the
 * message `error`; NULL: it did not fail. Returns in all other cases. [any
 * thread] */
void fork_leave_script(unsigned before, const char *error);

#endif
