#include "sample/platform/thread_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Opens a file of /proc whose content can be read. */
static int open_readable(const char *path)
{
    char c;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && pread(fd, &c, 1, 0) == 1)
        return fd;
    thread_state_close(fd);
    return -1;
}

int thread_state_open(void)
{
    int state = open_readable("/proc/thread-self/syscall");
    return state >= 0 ? state : open_readable("/proc/thread-self/stat");
}

void thread_state_close(int state)
{
    if (state >= 0)
        close(state);
}

/* Holds nine numbers. */
enum { TEXT_SIZE = 256 };

static bool read_text(int state, char text[TEXT_SIZE])
{
    ssize_t n = state < 0 ? 0 : pread(state, text, TEXT_SIZE - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

bool thread_state_is_running(int state)
{
    char text[TEXT_SIZE];
    if (!read_text(state, text))
        return true;
    /* /stat has the state after the name, which ends with the last ')'. */
    const char *name_end = strrchr(text, ')');
    return name_end ? strncmp(name_end, ") R", 3) == 0 : text[0] == 'r';
}

/* The text is "NUMBER ARGUMENT... SP PC", or "-1 SP PC" outside of a system
 * call. */
bool thread_state_sleeps(int state, struct thread_place *place)
{
    char text[TEXT_SIZE];
    if (!read_text(state, text) || text[0] == 'r' || strchr(text, ')'))
        return false;
    const char *pc = strrchr(text, ' '), *sp = pc;
    while (sp && sp > text && sp[-1] != ' ')
        sp--;
    if (!pc || sp == text)
        return false;
    place->pc = strtoull(pc, NULL, 16);
    place->sp = strtoull(sp, NULL, 16);
    return place->sp != 0;
}
