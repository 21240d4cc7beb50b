/* signals.h -- the signals that the program takes, and their return in a child.
 *
 * The program's handlers serve its own threads and loops. A forked child has
 * neither: there a handler would do nothing, or, as those of libuv do, write to
 * a pipe of the parent. So each signal that the program takes is noted here
 * with its disposition from before, which a child gets back (base/fork.h). All
 * signals are blocked during the fork, so that none meets the child before
 * that. A signal that a C module has taken since stays the module's.
 *
 * Path: sample/walk/cpu.c, cli/run_profiles.c, serve/server.c -> [signals]
 */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <uv.h>

/* Installs a handler, as sigaction does, and notes what was there before.
 * Stores that in *old unless `old` is NULL. Returns false if the kernel
 * refuses. */
bool signals_take(int number, const struct sigaction *action,
                  struct sigaction *old);

/* Returns true if the handler that signals_take installed is still there. If
 * not, stores the present disposition in *now. [any thread] */
bool signals_has(int number, struct sigaction *now);

/* Ignores a signal by a handler that does nothing. A program that the process
 * starts gets the default action then, while SIG_IGN would pass on to it. A
 * signal that is ignored already stays so. [any thread] */
void signals_ignore(int number);

/* Starts a signal handle of libuv, as uv_signal_start does. */
int signals_start(uv_signal_t *handle, uv_signal_cb callback, int number);

#endif
