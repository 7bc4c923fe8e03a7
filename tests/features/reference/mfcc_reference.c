/* The front end in integers alone, written from edge_ser/features/SPEC.md.
 *
 * Usage: mfcc_reference TABLES < SAMPLES > FRAMES
 *
 * TABLES is text: hop, bands, coefficients, settle, range, then the integer tables of the specification in its order: window,
 * cosine, mel weights, DCT, log2, gains.  SAMPLES is int16 in this machine's byte order, one utterance.  Of all frames
 * come the log-mel as int32, then the normalized cepstra as int32, then the features as int8.  No floating-point type occurs, and every intermediate
 * value is checked against the width that the specification gives it, so that a run is also a proof of no overflow.
 */

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 512, ROWS = 32, COLUMNS = 16, BINS = 160, MOST = 64 };

static int32_t hop, bands, coefficients, settle, range;
static int32_t window[WINDOW];         /* Q15 */
static int32_t cosine[WINDOW];         /* Q15, one period */
static int32_t mel[BINS][MOST];        /* Q14 */
static int32_t dct[MOST][MOST];        /* Q24 */
static int32_t log2_table[257];        /* Q20 */
static int32_t gain[MOST];             /* Q20 */

static int64_t fits(int64_t x, int bits) /* |x| <= 2^bits */
{
    if (x > (INT64_C(1) << bits) || x < -(INT64_C(1) << bits)) {
        fprintf(stderr, "mfcc_reference: %" PRId64 " exceeds 2^%d\n", x, bits);
        exit(2);
    }
    return x;
}

static int64_t floor_divide(int64_t x, int64_t y) /* y > 0; C rounds to zero */
{
    return x / y - (x % y < 0);
}

static int64_t shift_round(int64_t x, int bits) /* half up */
{
    return floor_divide(x + (INT64_C(1) << (bits - 1)), INT64_C(1) << bits);
}

static int bit_length(uint64_t x)
{
    int n = 0;
    for (; x; x >>= 1)
        n++;
    return n;
}

static int32_t cosine_of(int turn) { return cosine[turn & (WINDOW - 1)]; }         /* 512 steps a turn */
static int32_t sine_of(int turn) { return cosine[(turn - WINDOW / 4) & (WINDOW - 1)]; }

/* Step 6c: floor(log2) exactly, then 8 bits choose a line and 15 say where on it. */
static int64_t log2_q16(int64_t x)
{
    int exponent = bit_length((uint64_t)x) - 1;
    uint64_t mantissa = exponent >= 23 ? (uint64_t)x >> (exponent - 23) : (uint64_t)x << (23 - exponent);
    int32_t index = (int32_t)(mantissa >> 15) & 255, rest = (int32_t)mantissa & 32767;
    int32_t low = log2_table[index], high = log2_table[index + 1];
    int64_t fraction = low + ((int64_t)(high - low) * rest >> 15); /* both factors >= 0 */
    return ((int64_t)exponent << 16) + ((fraction + 8) >> 4);
}

/* Steps 3 to 6: 512 pre-emphasized samples, Q5, to log-mel, Q16. */
static void analyze(const int64_t *y, int32_t *log_mel)
{
    static int64_t z[WINDOW], re1[17][COLUMNS], im1[17][COLUMNS], power[BINS];
    int64_t peak = 0, least = INT64_C(28) << 16;

    for (int n = 0; n < WINDOW; n++) { /* step 3 */
        z[n] = fits(y[n] * window[n], 36);
        if (llabs(z[n]) > peak)
            peak = llabs(z[n]);
    }
    int shift = peak ? 25 - bit_length((uint64_t)peak) : 0; /* step 4 */
    for (int n = 0; n < WINDOW; n++)
        z[n] = fits(shift >= 0 ? z[n] * (INT64_C(1) << shift) : shift_round(z[n], -shift), 25);

    for (int k1 = 0; k1 <= 16; k1++) /* step 5a */
        for (int n2 = 0; n2 < COLUMNS; n2++) {
            int64_t re = 0, im = 0;
            for (int n1 = 0; n1 < ROWS; n1++) {
                re = fits(re + z[16 * n1 + n2] * cosine_of(16 * n1 * k1), 45);
                im = fits(im - z[16 * n1 + n2] * sine_of(16 * n1 * k1), 45);
            }
            re1[k1][n2] = fits(shift_round(re, 16), 29);
            im1[k1][n2] = fits(shift_round(im, 16), 29);
        }
    for (int bin = 0; bin < BINS; bin++) { /* steps 5b and 6a */
        int k = bin % ROWS <= 16 ? bin : WINDOW - bin, k1 = k % ROWS;
        int64_t re = 0, im = 0;
        for (int n2 = 0; n2 < COLUMNS; n2++) {
            int32_t c = cosine_of(n2 * k), s = sine_of(n2 * k);
            re = fits(re + re1[k1][n2] * c + im1[k1][n2] * s, 49);
            im = fits(im - re1[k1][n2] * s + im1[k1][n2] * c, 49);
        }
        re = fits(shift_round(re, 22), 27);
        im = fits(shift_round(im, 22), 27);
        power[bin] = fits(re * re + im * im, 53) >> 13;
    }
    for (int b = 0; b < bands; b++) { /* steps 6b to 6d */
        int64_t energy = 0;
        for (int bin = 0; bin < BINS; bin++)
            energy = fits(energy + power[bin] * mel[bin][b], 53);
        int64_t l = energy ? log2_q16(energy) - (int64_t)shift * 131072 : least;
        log_mel[b] = (int32_t)fits(l > least ? l : least, 23);
    }
}

/* Frame i has the peak and the mean of the frames before this one, counted from 0. */
static long seen(long i, long frames)
{
    if (i >= settle)
        return i + 1;
    return frames < settle ? frames : settle;
}

/* Step 7: log-mel of all frames, in place. */
static void limit(int32_t *log_mel, long frames)
{
    int32_t peak = INT32_MIN;
    for (long i = 0, read = 0; i < frames; i++) {
        for (; read < seen(i, frames) * bands; read++)
            if (log_mel[read] > peak)
                peak = log_mel[read];
        for (int b = 0; b < bands; b++)
            if (log_mel[i * bands + b] < peak - (range << 16))
                log_mel[i * bands + b] = peak - (range << 16);
    }
}

/* Step 8: one frame. */
static void transform(const int32_t *log_mel, int32_t *cepstra)
{
    for (int k = 0; k < coefficients; k++) {
        int64_t sum = 0;
        for (int b = 0; b < bands; b++)
            sum = fits(sum + (int64_t)log_mel[b] * dct[b][k], 50);
        cepstra[k] = (int32_t)fits(shift_round(sum, 28), 22);
    }
}

/* Step 9: cepstra of all frames, in place, last frame first so that the others are still there to be added up. */
static void normalize(int32_t *cepstra, long frames)
{
    for (int k = 0; k < coefficients; k++) {
        int64_t sum = 0;
        for (long i = 0; i < frames; i++)
            sum += cepstra[i * coefficients + k];
        for (long i = frames - 1; i >= 0; i--) {
            long n = seen(i, frames);
            int32_t *c = cepstra + i * coefficients + k;
            int32_t x = (int32_t)fits(*c - floor_divide(sum + n / 2, n), 23);
            if (i >= settle)
                sum -= *c;
            *c = x;
        }
    }
}

/* Step 10: one value. */
static int8_t quantize(int32_t x, int32_t by)
{
    int64_t step = shift_round(fits((int64_t)x * by, 47), 20);
    return (int8_t)(step < -128 ? -128 : step > 127 ? 127 : step);
}

static void read_numbers(FILE *file, int32_t *to, int count)
{
    while (count--)
        if (fscanf(file, "%" SCNd32, to++) != 1)
            exit(3);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!file)
        return 3;
    int32_t *scalars[] = {&hop, &bands, &coefficients, &settle, &range};
    for (int i = 0; i < 5; i++)
        read_numbers(file, scalars[i], 1);
    assert(bands <= MOST && coefficients <= bands);
    read_numbers(file, window, WINDOW);
    read_numbers(file, cosine, WINDOW);
    for (int bin = 0; bin < BINS; bin++)
        read_numbers(file, mel[bin], bands);
    for (int b = 0; b < bands; b++)
        read_numbers(file, dct[b], coefficients);
    read_numbers(file, log2_table, 257);
    read_numbers(file, gain, coefficients);
    fclose(file);

    long count = 0, room = 1 << 16;
    int16_t *samples = malloc(sizeof *samples * (size_t)room);
    size_t got;
    while (samples && (got = fread(samples + count, sizeof *samples, (size_t)(room - count), stdin)) > 0) {
        count += (long)got;
        if (count == room)
            samples = realloc(samples, sizeof *samples * (size_t)(room *= 2));
    }
    long frames = count < WINDOW ? 0 : 1 + (count - WINDOW) / hop;
    int64_t *emphasized = malloc(sizeof *emphasized * (size_t)(count + 1));
    int32_t *log_mel = malloc(sizeof *log_mel * (size_t)(frames * bands + 1));
    int32_t *cepstra = malloc(sizeof *cepstra * (size_t)(frames * coefficients + 1));
    int8_t *features = malloc((size_t)(frames * coefficients + 1));
    if (!samples || !emphasized || !log_mel || !cepstra || !features)
        return 4;
    for (long n = 0; n < count; n++) /* steps 1 and 2 */
        emphasized[n] = fits(32 * samples[n] - 31 * samples[n ? n - 1 : 0], 21);
    for (long i = 0; i < frames; i++)
        analyze(emphasized + i * hop, log_mel + i * bands);
    fwrite(log_mel, sizeof *log_mel, (size_t)(frames * bands), stdout);
    limit(log_mel, frames);
    for (long i = 0; i < frames; i++)
        transform(log_mel + i * bands, cepstra + i * coefficients);
    normalize(cepstra, frames);
    for (long i = 0; i < frames * coefficients; i++)
        features[i] = quantize(cepstra[i], gain[i % coefficients]);
    fwrite(cepstra, sizeof *cepstra, (size_t)(frames * coefficients), stdout);
    fwrite(features, 1, (size_t)(frames * coefficients), stdout);
    free(samples);
    free(emphasized);
    free(log_mel);
    free(cepstra);
    free(features);
    return 0;
}
