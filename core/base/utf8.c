#include "base/utf8.h"

size_t utf8_length(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char first, last; /* of the leading byte */
        unsigned char least, most; /* of the second byte */
        unsigned char length;
    } rules[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
        {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (s[0] < rules[i].first || s[0] > rules[i].last)
            continue;
        size_t length = rules[i].length;
        if (left < length || s[1] < rules[i].least || s[1] > rules[i].most)
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((s[k] & 0xC0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}
