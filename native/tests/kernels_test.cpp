// Every kernel of every instruction set that this processor has, against plain loops and the C library.
#include <algorithm>
#include <limits>
#include <random>

#include "check.hpp"
#include "kernels.hpp"

namespace pellucid::tests {
namespace {

std::mt19937 random_bits(1);

double normal() {
    static std::normal_distribution<double> draw;
    return draw(random_bits);
}

template <class T>
std::vector<T> numbers(Index count, double size = 1) {
    std::vector<T> found(std::size_t(std::max<Index>(count, 1)));
    for (T& x : found) x = T(size * normal());
    return found;
}

template <class T>
constexpr double digits = sizeof(T) == 8 ? 1e-14 : 1e-5;

template <class T>
std::vector<const Kernels<T>*> tables() {
    std::vector<const Kernels<T>*> found = {&generic::table<T>()};
#if defined(PELLUCID_HAVE_AVX2)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back(&avx2::table<T>());
#endif
#if defined(PELLUCID_HAVE_AVX512)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        found.push_back(&avx512::table<T>());
#endif
    return found;
}

template <class Function>
void with_all_tables(Function function) {
    for (const auto* kernels : tables<float>()) function(*kernels, float{});
    for (const auto* kernels : tables<double>()) function(*kernels, double{});
}

const Activation elementwise[] = {Activation::relu, Activation::leaky_relu, Activation::elu,      Activation::gelu,
                                  Activation::silu, Activation::tanh,       Activation::sigmoid,  Activation::identity,
                                  Activation::exp};

double right(Activation g, double z) {
    switch (g) {
        case Activation::relu: return std::max(z, 0.0);
        case Activation::leaky_relu: return z > 0 ? z : 0.01 * z;
        case Activation::elu: return z > 0 ? z : std::expm1(z);
        case Activation::gelu: return z / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (z + 0.044715 * z * z * z)));
        case Activation::silu: return z / (1 + std::exp(-z));
        case Activation::tanh: return std::tanh(z);
        case Activation::sigmoid: return 1 / (1 + std::exp(-z));
        case Activation::exp: return std::exp(z);
        default: return z;
    }
}

TEST(products_of_every_shape_and_order) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        std::vector<T> panel(panel_size);
        for (int trial = 0; trial < 150; ++trial) {
            const auto draw = [](int most) { return Index(random_bits() % unsigned(most)) + 1; };
            const Index n = draw(70), q = draw(30), K = trial % 10 == 0 ? draw(600) : draw(40), ldc = n + draw(3) - 1;
            auto L = numbers<T>(n * K), R = numbers<T>(K * q), bias = numbers<T>(n);
            const bool across = trial & 1, down = trial & 2;
            const View<const T> left = {L.data(), across ? K : 1, across ? 1 : n};
            const View<const T> rhs = {R.data(), down ? 1 : q, down ? K : 1};
            const T alpha = T(trial % 3 ? 1 : -0.5), beta = T(trial % 4 ? 0 : 0.75);
            auto C = numbers<T>(ldc * q), before = C;
            kernels.product(C.data(), ldc, left, rhs, n, q, K, alpha, beta, trial % 5 ? bias.data() : nullptr,
                            panel.data());
            for (Index i = 0; i < ldc; ++i)
                for (Index j = 0; j < q; ++j) {
                    double sum = 0;
                    for (Index p = 0; p < K && i < n; ++p)
                        sum += double(left.data[i * left.rows + p * left.columns]) *
                               double(rhs.data[p * rhs.rows + j * rhs.columns]);
                    const double old = double(before[std::size_t(i + j * ldc)]);
                    const double expected =
                        i < n ? double(alpha) * sum + double(beta) * old + (trial % 5 ? double(bias[std::size_t(i)]) : 0)
                              : old;
                    CHECK_NEAR(double(C[std::size_t(i + j * ldc)]), expected, 40 * digits<T>);
                }
        }
    });
}

TEST(large_products_in_every_order) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        std::vector<T> panel(panel_size);
        const Index shapes[][3] = {{64, 24, 256}, {129, 291, 1300}, {641, 528, 257}, {101, 205, 512}, {96, 48, 513}};
        for (int trial = 0; trial < 20; ++trial) {
            const auto [n, q, K] = shapes[trial % 5];
            const Index ldc = n + 3;
            const bool across = trial & 1, down = trial & 2;
            auto L = numbers<T>(n * K), R = numbers<T>(K * q), bias = numbers<T>(n), C = numbers<T>(ldc * q);
            const auto before = C;
            const View<const T> left = {L.data(), across ? K : 1, across ? 1 : n};
            const View<const T> rhs = {R.data(), down ? 1 : q, down ? K : 1};
            const T alpha = T(trial % 3 ? 1 : -0.5), beta = T(trial % 4 ? 0 : 0.75);
            const T* b = trial % 5 % 2 ? bias.data() : nullptr;
            kernels.product(C.data(), ldc, left, rhs, n, q, K, alpha, beta, b, panel.data());
            for (Index j = 0; j < q; ++j)
                for (Index i = 0; i < ldc; ++i) {
                    double sum = 0;
                    for (Index p = 0; p < K && i < n; ++p)
                        sum += double(left.data[i * left.rows + p * left.columns]) *
                               double(rhs.data[p * rhs.rows + j * rhs.columns]);
                    const double old = double(before[std::size_t(i + j * ldc)]);
                    const double expected = double(alpha) * sum + double(beta) * old + (b && i < n ? double(b[i]) : 0);
                    CHECK_NEAR(double(C[std::size_t(i + j * ldc)]), i < n ? expected : old, 80 * digits<T>);
                }
        }
    });
}

TEST(a_layer_of_one_unit) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Index K : {1, 3, 16, 37, 64, 130})
            for (Index k : {1, 2, 5, 33}) {
                const Index ld = K + 2;
                auto A = numbers<T>(ld * k), w = numbers<T>(K), dz = numbers<T>(k), z = numbers<T>(k), g = numbers<T>(K);
                const auto before = g;
                kernels.dots(z.data(), w.data(), A.data(), ld, K, k, T(0.25));
                kernels.weighted_columns(g.data(), dz.data(), A.data(), ld, K, k, T(0.5), T(-1));
                for (Index j = 0; j < k; ++j) {
                    double sum = 0.25;
                    for (Index p = 0; p < K; ++p) sum += double(w[std::size_t(p)]) * double(A[std::size_t(j * ld + p)]);
                    CHECK_NEAR(double(z[std::size_t(j)]), sum, 40 * digits<T>);
                }
                for (Index p = 0; p < K; ++p) {
                    double sum = 0;
                    for (Index j = 0; j < k; ++j) sum += double(dz[std::size_t(j)]) * double(A[std::size_t(j * ld + p)]);
                    CHECK_NEAR(double(g[std::size_t(p)]), 0.5 * sum - double(before[std::size_t(p)]), 40 * digits<T>);
                }
            }
    });
}

TEST(combinations_of_the_columns_that_lists_name) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (int trial = 0; trial < 120; ++trial) {
            const auto draw = [](int most) { return Index(random_bits() % unsigned(most)) + 1; };
            // Every number of vectors that is kept in registers, and more: in several blocks.
            const Index n = trial < 60 ? draw(40) : draw(300), rows = draw(20), count = draw(9), ldm = n + draw(3) - 1;
            const Index ldc = n + draw(3) - 1, first = trial % 2 ? 1 : 0;
            std::vector<Index> starts = {0};
            for (Index q = 0; q < count + first; ++q) starts.push_back(starts.back() + draw(11) - 1);
            auto values = numbers<T>(starts.back()), M = numbers<T>(ldm * rows + 16), C = numbers<T>(ldc * count);
            const auto bias = numbers<T>(n), before = C;
            std::vector<std::uint16_t> at;
            for (Index p = 0; p < starts.back(); ++p) at.push_back(std::uint16_t(draw(int(rows)) - 1));
            std::vector<std::int64_t> which;
            for (Index q = 0; q < count; ++q) which.push_back(draw(int(count + first)) - 1);
            const T alpha = T(trial % 3 ? 1 : -0.5), beta = T(trial % 5 ? 0 : 0.75);
            kernels.sparse_product(C.data(), ldc, M.data(), ldm, n, {values.data(), at.data(), starts.data()},
                            trial % 4 ? which.data() : nullptr, first, count, alpha, beta,
                            trial % 7 ? bias.data() : nullptr);
            for (Index q = 0; q < count; ++q)
                for (Index i = 0; i < ldc; ++i) {
                    const auto list = std::size_t(trial % 4 ? which[std::size_t(q)] : first + q);
                    const double old = double(before[std::size_t(q * ldc + i)]);
                    double sum = 0;
                    for (Index p = starts[list]; p < starts[list + 1] && i < n; ++p)
                        sum += double(values[std::size_t(p)]) * double(M[std::size_t(at[std::size_t(p)] * ldm + i)]);
                    const double expected =
                        i < n ? double(alpha) * sum + double(beta) * old + (trial % 7 ? double(bias[std::size_t(i)]) : 0)
                              : old;
                    // The last column's gap is nobody's.
                    if (i < n || q + 1 < count) CHECK_NEAR(double(C[std::size_t(q * ldc + i)]), expected, 40 * digits<T>);
                }
        }
    });
}

TEST(nothing_times_what_is_not_finite_is_no_number) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Index count : {1, 7, 16, 37}) {
            auto p = numbers<T>(count, 1e30);
            CHECK(kernels.times_zero(p.data(), count) == 0);
            for (Index i : {Index(0), count - 1})
                for (T bad : {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
                    auto other = p;
                    other[std::size_t(i)] = -bad;
                    CHECK(std::isnan(kernels.times_zero(other.data(), count)));
                }
        }
    });
}

TEST(sums_of_rows) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Index n : {1, 2, 7, 16, 33})
            for (Index k : {1, 2, 17, 64}) {
                const Index ld = n == 1 ? 1 : n + 3;
                auto dZ = numbers<T>(ld * k), s = numbers<T>(n);
                kernels.row_sums(s.data(), dZ.data(), ld, n, k);
                for (Index i = 0; i < n; ++i) {
                    double sum = 0;
                    for (Index j = 0; j < k; ++j) sum += double(dZ[std::size_t(j * ld + i)]);
                    CHECK_NEAR(double(s[std::size_t(i)]), sum, 40 * digits<T>);
                }
            }
    });
}

TEST(activations_are_those_of_the_c_library) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Activation g : elementwise) {
            std::vector<T> Z = {T(0), T(-0.0), T(1e-7), T(-1e-7), T(15), T(-15), T(30), T(-30), T(80), T(-80)};
            for (int i = 0; i < 200; ++i) Z.push_back(T(4 * normal()));
            auto A = Z;
            kernels.activate(g, A.data(), Z.data(), nullptr, 1, Index(Z.size()));
            for (std::size_t i = 0; i < Z.size(); ++i) CHECK_NEAR(double(A[i]), right(g, double(Z[i])), 4 * digits<T>);
        }
    });
}

TEST(small_arguments_keep_their_digits) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Activation g : {Activation::tanh, Activation::elu})
            for (double z : {1e-3, 1e-6, 1e-9, -1e-3, -1e-6, -1e-9}) {
                T Z = T(z), A;
                kernels.activate(g, &A, &Z, nullptr, 1, 1);
                const double expected = right(g, double(Z));
                CHECK_NEAR(double(A) / expected, 1.0, 4 * digits<T>);
            }
    });
}

TEST(no_number_stays_no_number) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Activation g : elementwise) {
            std::vector<T> Z(19, std::numeric_limits<T>::quiet_NaN()), A(19);
            kernels.activate(g, A.data(), Z.data(), nullptr, 1, 19);
            CHECK(std::all_of(A.begin(), A.end(), [](T a) { return std::isnan(a); }));
        }
        for (double size : {1e3, 1e30}) {
            std::vector<T> Z = {T(size), T(-size)}, A(2);
            kernels.activate(Activation::sigmoid, A.data(), Z.data(), nullptr, 1, 2);
            CHECK(A[0] == T(1) && A[1] >= T(0) && A[1] < T(1e-37));
            kernels.activate(Activation::tanh, A.data(), Z.data(), nullptr, 1, 2);
            CHECK(A[0] == T(1) && A[1] == T(-1));
            kernels.activate(Activation::exp, A.data(), Z.data(), nullptr, 1, 2);
            CHECK(std::isinf(A[0]) && A[1] == T(0));
        }
    });
}

TEST(a_bias_joins_every_column) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (Index n : {1, 5, 20}) {
            auto Z = numbers<T>(n * 7), b = numbers<T>(n), A = Z;
            const auto before = Z;
            kernels.activate(Activation::silu, A.data(), Z.data(), b.data(), n, 7);
            for (Index j = 0; j < 7; ++j)
                for (Index i = 0; i < n; ++i) {
                    const auto at = std::size_t(j * n + i);
                    const double z = double(before[at]) + double(b[std::size_t(i)]);
                    CHECK_NEAR(double(Z[at]), z, 2 * digits<T>);
                    CHECK_NEAR(double(A[at]), right(Activation::silu, z), 4 * digits<T>);
                }
        }
    });
}

TEST(slopes_are_central_differences) {
    for (const auto* kernels : tables<double>())
        for (Activation g : elementwise) {
            auto Z = numbers<double>(100, 2), A = Z, dA = numbers<double>(100);
            const auto before = dA;
            kernels->activate(g, A.data(), Z.data(), nullptr, 1, 100);
            kernels->activate_backward(g, dA.data(), A.data(), Z.data(), 100);
            for (std::size_t i = 0; i < 100; ++i) {
                if (std::abs(Z[i]) < 1e-4) continue;  // kinks
                const double slope = (right(g, Z[i] + 1e-5) - right(g, Z[i] - 1e-5)) / 2e-5;
                CHECK_NEAR(dA[i], before[i] * slope, 1e-8);
            }
        }
}

TEST(gradients_of_costs_are_central_differences) {
    struct Pair {
        Cost cost;
        Activation g;
    };
    const Pair pairs[] = {
        {Cost::binary_cross_entropy, Activation::sigmoid},  {Cost::categorical_cross_entropy, Activation::softmax},
        {Cost::mean_squared_error, Activation::identity},   {Cost::mean_squared_error, Activation::sigmoid},
        {Cost::mean_absolute_error, Activation::identity},  {Cost::mean_absolute_error, Activation::sigmoid},
        {Cost::huber, Activation::identity},                {Cost::huber, Activation::sigmoid},
        {Cost::poisson, Activation::exp},
    };
    for (const auto* kernels : tables<double>())
        for (const auto& [cost, g] : pairs)
            for (Index n : {1, 3, 10})
                for (bool weighted : {false, true}) {
                    if (n == 1 && g == Activation::softmax) continue;
                    const Index k = 7, count = n * k;
                    auto Z = numbers<double>(count), Y = numbers<double>(count), w = numbers<double>(k);
                    for (double& y : Y) y = std::abs(y);
                    for (double& one : w) one = std::abs(one);
                    if (g == Activation::softmax)
                        for (Index j = 0; j < k; ++j)
                            for (Index i = 0; i < n; ++i) Y[std::size_t(j * n + i)] = i == j % n;
                    std::vector<double> dZ(Z.size()), A(Z.size()), other(Z.size());
                    const auto value = [&] {
                        return kernels->cost(cost, g, other.data(), A.data(), Z.data(), Y.data(),
                                             weighted ? w.data() : nullptr, n, k, 0.7);
                    };
                    kernels->cost(cost, g, dZ.data(), A.data(), Z.data(), Y.data(), weighted ? w.data() : nullptr, n, k,
                                  0.7);
                    for (std::size_t i = 0; i < Z.size(); ++i) {
                        const double z = Z[i];
                        Z[i] = z + 1e-5;
                        const double up = value();
                        Z[i] = z - 1e-5;
                        const double down = value();
                        Z[i] = z;
                        CHECK_NEAR(dZ[i], (up - down) / 2e-5, 1e-7);
                    }
                }
}

TEST(updates_follow_their_rules) {
    for (const auto* kernels : tables<double>())
        for (Rule rule : {Rule::gradient_descent, Rule::momentum, Rule::heavy_ball, Rule::nesterov, Rule::rmsprop,
                          Rule::adam, Rule::adamw}) {
            auto p = numbers<double>(21), g = numbers<double>(21), v = numbers<double>(21), s = numbers<double>(21);
            for (double& x : s) x = std::abs(x);
            const auto p0 = p, v0 = v, s0 = s;
            const double a = 0.1, b1 = 0.8, b2 = 0.95, e = 1e-3, decay = rule == Rule::adamw ? 0.02 : 0;
            const Update<double> how{rule, a, b1, b2, e, 1 - b1, 1 - b2, decay, 1 / (1 - b1 * b1), 1 / (1 - b2 * b2)};
            kernels->update(how, p.data(), g.data(), v.data(), s.data(), 21);
            for (std::size_t i = 0; i < 21; ++i) {
                double expected = p0[i] - a * g[i];
                if (rule == Rule::momentum) expected = p0[i] - a * (b1 * v0[i] + (1 - b1) * g[i]);
                if (rule == Rule::heavy_ball) expected = p0[i] + b1 * v0[i] - a * g[i];
                if (rule == Rule::nesterov) expected = p0[i] + b1 * (b1 * v0[i] - a * g[i]) - a * g[i];
                const double squares = b2 * s0[i] + (1 - b2) * g[i] * g[i], mean = b1 * v0[i] + (1 - b1) * g[i];
                if (rule == Rule::rmsprop) expected = p0[i] - a * g[i] / (std::sqrt(squares) + e);
                if (rule == Rule::adam || rule == Rule::adamw)
                    expected = p0[i] - a * (mean / (1 - b1 * b1)) / (std::sqrt(squares / (1 - b2 * b2)) + e) -
                               decay * p0[i];
                CHECK_NEAR(p[i], expected, 1e-13);
            }
        }
}

TEST(penalties_and_sizes) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        auto g = numbers<T>(37), p = numbers<T>(37);
        p[3] = 0;
        const auto before = g;
        const double squares = kernels.penalise(g.data(), p.data(), T(0.5), T(0.25), T(0.125), 37);
        double expected = 0, p_squares = 0, p_sizes = 0, found_squares, found_sizes;
        for (std::size_t i = 0; i < 37; ++i) {
            const double sign = p[i] > 0 ? 1 : (p[i] < 0 ? -1 : 0);
            CHECK_NEAR(double(g[i]), 0.5 * double(before[i]) + 0.25 * double(p[i]) + 0.125 * sign, 4 * digits<T>);
            expected += double(g[i]) * double(g[i]);
            p_squares += double(p[i]) * double(p[i]), p_sizes += std::abs(double(p[i]));
        }
        kernels.sizes(p.data(), 37, &found_squares, &found_sizes);
        CHECK_NEAR(squares, expected, 10 * digits<T>);
        CHECK_NEAR(found_squares, p_squares, 10 * digits<T>);
        CHECK_NEAR(found_sizes, p_sizes, 10 * digits<T>);
    });
}

// Word w of Philox4x32-10, as the paper writes it.
std::uint32_t philox_word(std::uint64_t seed, std::uint32_t layer, std::uint64_t step, std::uint64_t element) {
    std::uint32_t c[4] = {std::uint32_t(element / 4), layer, std::uint32_t(step), std::uint32_t(step >> 32)};
    std::uint32_t key[2] = {std::uint32_t(seed), std::uint32_t(seed >> 32)};
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t(0xD2511F53) * c[0], product1 = std::uint64_t(0xCD9E8D57) * c[2];
        const std::uint32_t next[4] = {std::uint32_t(product1 >> 32) ^ c[1] ^ key[0], std::uint32_t(product1),
                                       std::uint32_t(product0 >> 32) ^ c[3] ^ key[1], std::uint32_t(product0)};
        std::copy(next, next + 4, c);
        key[0] += 0x9E3779B9, key[1] += 0xBB67AE85;
    }
    return c[element % 4];
}

// Random123's known answers. A word is told by the rates on either side of it.
TEST(masks_are_made_of_philox_words) {
    struct Answer {
        std::uint32_t counter[4], key[2], words[4];
    };
    const Answer answers[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    with_all_tables([&](const auto& kernels, auto zero) {
        using T = decltype(zero);
        for (const auto& [counter, key, words] : answers)
            for (std::uint64_t w = 0; w < 4; ++w) {
                const std::uint64_t seed = key[0] | std::uint64_t(key[1]) << 32, element = 4 * std::uint64_t(counter[0]) + w;
                const std::uint64_t step = counter[2] | std::uint64_t(counter[3]) << 32;
                for (std::uint64_t beyond : {0, 1}) {
                    const double rate = double(words[w] + beyond) / 4294967296.0;
                    T mask = T(-1);
                    kernels.philox_mask(&mask, seed, counter[1], step, rate, element, 1);
                    CHECK(mask == (beyond ? T(0) : T(1.0 / (1.0 - rate))));
                }
                CHECK(philox_word(seed, counter[1], step, element) == words[w]);
            }
    });
}

TEST(any_part_of_a_mask_can_be_drawn_alone) {
    with_all_tables([](const auto& kernels, auto zero) {
        using T = decltype(zero);
        const std::uint64_t seed = 0x123456789abcdef, step = 0x700000003;
        for (std::uint64_t first : {0, 1, 6, 35, 1003})
            for (Index count : {0, 1, 3, 16, 20, 33, 64, 131, 400}) {
                std::vector<T> mask(std::size_t(count + 1), T(-1));
                kernels.philox_mask(mask.data(), seed, 7, step, 0.3, first, count);
                const double bound = std::round(0.3 * 4294967296.0);
                for (Index i = 0; i < count; ++i) {
                    const bool is_kept = philox_word(seed, 7, step, first + std::uint64_t(i)) >= bound;
                    CHECK(mask[std::size_t(i)] == (is_kept ? T(1.0 / 0.7) : T(0)));
                }
                CHECK(mask.back() == T(-1));
            }
        std::vector<T> mask(40);
        kernels.philox_mask(mask.data(), seed, 7, step, 0.0, 0, 40);
        CHECK(std::all_of(mask.begin(), mask.end(), [](T m) { return m == T(1); }));
        kernels.philox_mask(mask.data(), seed, 7, step, 1 - 1e-12, 0, 40);
        CHECK(std::all_of(mask.begin(), mask.end(), [](T m) { return m == T(0); }));
    });
}

TEST(the_best_table_can_be_run) { CHECK(kernels<float>().name != nullptr && kernels<double>().name != nullptr); }

}  // namespace
}  // namespace pellucid::tests
