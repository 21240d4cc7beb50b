#include "base/terminal.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/signals.h"

#define TAKE "\033[?25l"
#define RELEASE "\033[?7h\033[0m\033[?25h"

/* Signal handlers read the struct after `taken` is set; terminal_take writes it
 * before that. */
static struct {
    volatile sig_atomic_t taken;
    volatile sig_atomic_t drawn;
    volatile sig_atomic_t has_keys; /* terminal_release restores `saved` */
    int fd;
    /* Has an open file description of its own, so that O_NONBLOCK does not
     * change stdout. -1: no terminal. */
    int keys_fd;
    struct termios saved;
    bool prepared; /* prepare_terminal has run */
} terminal;

bool terminal_is_drawable(int fd)
{
    const char *kind = getenv("TERM");
    return isatty(fd) && kind && *kind && strcmp(kind, "dumb") != 0;
}

bool terminal_is_ours(int fd)
{
    pid_t owner = tcgetpgrp(fd);
    return owner < 0 || owner == getpgrp();
}

void terminal_size(int fd, unsigned *columns, unsigned *rows)
{
    struct winsize size = {0};
    bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;
    *columns = known && size.ws_col ? size.ws_col : 80;
    *rows = known && size.ws_row ? size.ws_row : 24;
}

bool terminal_has_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *locale = getenv(names[i]);
        if (!locale || !*locale)
            continue;
        const char *charset = strchr(locale, '.');
        return charset && (strncasecmp(charset, ".UTF-8", 6) == 0 ||
                           strncasecmp(charset, ".utf8", 5) == 0);
    }
    return false;
}

bool terminal_has_colours(void)
{
    const char *no = getenv("NO_COLOR");
    return !no || !*no;
}

static void write_escapes(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));
    (void)n;
}

void terminal_release(void)
{
    if (!terminal.taken)
        return;
    terminal.taken = 0;
    /* In the background the shell owns the screen and its modes. */
    if (!terminal_is_ours(terminal.fd))
        return;
    if (terminal.drawn)
        write_escapes(terminal.fd, TERMINAL_CLEAR);
    write_escapes(terminal.fd, RELEASE);
    if (terminal.has_keys)
        tcsetattr(terminal.keys_fd, TCSANOW, &terminal.saved);
}

static void on_fatal(int number)
{
    terminal_release();
    raise(number); /* pending until this handler returns; SA_RESETHAND has
                      restored the default action */
}

/* In a forked child: the terminal is the parent's. */
static void forget_terminal(void) { terminal.taken = 0; }

/* Installs the restoring on exit and on fatal signals, and opens the keys. A
 * signal that has a handler already is left alone: that handler must call
 * terminal_release. */
static void prepare_terminal(void)
{
    static const int fatal[] = {SIGHUP, SIGQUIT, SIGABRT, SIGSEGV,
                                SIGBUS, SIGFPE,  SIGILL};
    struct sigaction old,
        action = {.sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            signals_take(fatal[i], &action, NULL);
    atexit(terminal_release);
    pthread_atfork(NULL, NULL, forget_terminal);
    const char *name = ttyname(STDIN_FILENO);
    terminal.keys_fd =
        name ? open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
    terminal.prepared = true;
}

/* Makes keys arrive one by one and without echo. */
static void take_keys(void)
{
    struct termios single;
    terminal.has_keys = 0;
    if (terminal.keys_fd < 0 || !terminal_is_ours(terminal.keys_fd) ||
        tcgetattr(terminal.keys_fd, &terminal.saved) != 0)
        return;
    single = terminal.saved;
    single.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    single.c_cc[VMIN] = 1;
    single.c_cc[VTIME] = 0;
    terminal.has_keys = 1;
    tcsetattr(terminal.keys_fd, TCSANOW, &single);
}

void terminal_take(int fd)
{
    if (terminal.taken)
        return;
    if (!terminal.prepared)
        prepare_terminal();
    terminal.fd = fd;
    take_keys();
    terminal.taken = 1;
    write_escapes(fd, TAKE);
}

void terminal_set_drawn(bool drawn) { terminal.drawn = drawn; }

int terminal_keys(void) { return terminal.prepared ? terminal.keys_fd : -1; }
