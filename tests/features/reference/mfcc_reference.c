/* The front end in integers alone, written from edge_ser/features/SPEC.md.
 *
 * Usage: mfcc_reference TABLES < SAMPLES > FRAMES
 *
 * TABLES is text: hop, bands, coefficients, settle, then the integer tables of the specification in its order: window,
 * cosine, mel weights, DCT, log2, gains.  SAMPLES is int16 in this machine's byte order, one utterance.  For each frame
 * come the cepstra as int32 and then the features as int8.  No floating-point type occurs, and every intermediate
 * value is checked against the width that the specification gives it, so that a run is also a proof of no overflow.
 */

#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 512, ROWS = 32, COLUMNS = 16, BINS = 160, MOST = 64 };

static int32_t hop, bands, coefficients, settle;
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

/* Steps 3 to 7: 512 pre-emphasized samples, Q5, to cepstra, Q12. */
static void analyze(const int64_t *y, int32_t *cepstra)
{
    static int64_t z[WINDOW], re1[17][COLUMNS], im1[17][COLUMNS], power[BINS], logs[MOST];
    int64_t peak = 0, loudest = INT64_MIN;

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
        logs[b] = energy ? log2_q16(energy) - (int64_t)shift * 131072 : INT64_MIN;
        if (logs[b] > loudest)
            loudest = logs[b];
    }
    int64_t lowest = INT64_C(28) << 16;
    if (loudest != INT64_MIN && loudest - (INT64_C(18) << 16) > lowest)
        lowest = loudest - (INT64_C(18) << 16);
    for (int b = 0; b < bands; b++)
        logs[b] = fits(logs[b] > lowest ? logs[b] : lowest, 23);

    for (int k = 0; k < coefficients; k++) { /* step 7 */
        int64_t sum = 0;
        for (int b = 0; b < bands; b++)
            sum = fits(sum + logs[b] * dct[b][k], 50);
        cepstra[k] = (int32_t)fits(shift_round(sum, 28), 22);
    }
}

/* Steps 8 and 9. */
static void normalize(const int32_t *cepstra, long frames, int8_t *features)
{
    int64_t sum[MOST] = {0}, mean[MOST] = {0};
    long first = frames < settle ? frames : settle; /* frames that share one mean */
    for (long i = 0; i < frames; i++) {
        long until = i < first ? first : i + 1; /* the mean over frames 0..until-1 */
        for (int k = 0; k < coefficients; k++) {
            if (i == 0)
                for (long j = 0; j < first; j++)
                    sum[k] += cepstra[j * coefficients + k];
            else if (i >= first)
                sum[k] += cepstra[i * coefficients + k];
            mean[k] = floor_divide(sum[k] + until / 2, until);
            int64_t x = cepstra[i * coefficients + k] - mean[k];
            int64_t step = shift_round(fits(fits(x, 23) * gain[k], 47), 20);
            features[i * coefficients + k] = (int8_t)(step < -128 ? -128 : step > 127 ? 127 : step);
        }
    }
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
    int32_t *scalars[] = {&hop, &bands, &coefficients, &settle};
    for (int i = 0; i < 4; i++)
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
    int32_t *cepstra = malloc(sizeof *cepstra * (size_t)(frames * coefficients + 1));
    int8_t *features = malloc((size_t)(frames * coefficients + 1));
    if (!samples || !emphasized || !cepstra || !features)
        return 4;
    for (long n = 0; n < count; n++) /* steps 1 and 2 */
        emphasized[n] = fits(32 * samples[n] - 31 * samples[n ? n - 1 : 0], 21);
    for (long i = 0; i < frames; i++)
        analyze(emphasized + i * hop, cepstra + i * coefficients);
    normalize(cepstra, frames, features);
    fwrite(cepstra, sizeof *cepstra, (size_t)(frames * coefficients), stdout);
    fwrite(features, 1, (size_t)(frames * coefficients), stdout);
    free(samples);
    free(emphasized);
    free(cepstra);
    free(features);
    return 0;
}
