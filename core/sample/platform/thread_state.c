#include "sample/platform/thread_state.h"

#include <fcntl.h>
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

bool thread_state_is_running(int state)
{
    char text[128];
    ssize_t n = state < 0 ? 0 : pread(state, text, sizeof text - 1, 0);
    if (n <= 0)
        return true;
    text[n] = '\0';
    /* /stat has the state after the name, which ends with the last ')'. */
    const char *name_end = strrchr(text, ')');
    return name_end ? strncmp(name_end, ") R", 3) == 0 : text[0] == 'r';
}
