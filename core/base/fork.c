#include "base/fork.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

unsigned fork_depth;

static pid_t program_pid;
static _Thread_local bool may_return;

static void count_fork(void) { fork_depth++; }

bool fork_is_child(void) { return fork_depth > 0 || getpid() != program_pid; }

/* Ends a child before the destructors of the libraries run: libuv's waits for
 * its threads, which a child does not have. All functions of atexit have run by
 * then, because the first one that was registered is called last. */
static void end_child(int status, void *ctx)
{
    (void)ctx;
    if (!fork_is_child())
        return;
    fflush(NULL);
    _exit(status);
}

static __attribute__((constructor)) void prepare_for_forks(void)
{
    program_pid = getpid();
    pthread_atfork(NULL, NULL, count_fork);
    on_exit(end_child, NULL);
}

void fork_allow_return(void) { may_return = true; }

void fork_leave_script(unsigned before, const char *error)
{
    if (fork_depth == before || may_return)
        return;
    if (error)
        log_write(
            LOG_ERROR, "child_failed",
            LOG_FIELDS(log_integer("pid", getpid()), log_text("error", error)));
    else
        log_write(LOG_WARN, "child_ended",
                  LOG_FIELDS(log_integer("pid", getpid()),
                             log_text("note", "a forked child has left the "
                                              "script, and so it ends")));
    /* No destructors: one of a C module may wait for a thread that the child
     * does not have. */
    fflush(NULL);
    _exit(error ? EXIT_FAILURE : EXIT_SUCCESS);
}
