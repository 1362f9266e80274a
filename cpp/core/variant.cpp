// One instruction set's code. Compiled several times; see simd.hpp for the two macros that tell the copies apart.
#include "joint.hpp"
#include "linear.hpp"
#include "moments.hpp"
#include "points.hpp"
#include "problem.hpp"
#include "products.hpp"
#include "softmax.hpp"

namespace bactrian::BACTRIAN_VARIANT {
namespace {

template <typename Real>
std::size_t packed_bytes_of(const Model& m) {
    Arena count(nullptr);
    count.take<Packed<Real>>(1);
    Packed<Real> unused(count, m);
    return count.used();
}
std::size_t packed_bytes(const Model& m, bool single) {
    return single ? packed_bytes_of<float>(m) : packed_bytes_of<double>(m);
}

template <typename Real>
std::size_t workspace_bytes_of(const Model& m) {
    Arena count(nullptr);
    Arena packed(nullptr);
    Workspace<Real> unused(count, m.K, m.D, Packed<Real>(packed, m).n_moments, sizes_abreast<Real>(m));
    return count.used();
}
std::size_t workspace_bytes(const Model& m, bool single) {
    return single ? workspace_bytes_of<float>(m) : workspace_bytes_of<double>(m);
}

void pack_any(const Model& m, const Common* common, bool single, void* packed) {
    single ? pack<float>(m, common, packed) : pack<double>(m, common, packed);
}

// Given responsibilities in the place of computed ones.
template <typename Real>
void take_given(const Given& given, std::ptrdiff_t begin, std::ptrdiff_t n, std::ptrdiff_t rows, Layout layout,
                double* sums, Workspace<Real> w) {
    for (std::ptrdiff_t k = 0; k < layout.K; ++k)
        for (std::ptrdiff_t i = 0; i < rows; ++i) {
            const std::ptrdiff_t row = begin + i;
            const bool here = i < n;
            if (given.labels) w.z[k * w.T + i] = Real(here && given.labels[row] == k);
            else w.z[k * w.T + i] = !here ? Real(0) : given.z ? Real(given.z[row * layout.K + k]) : Real(1);
        }
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
        w.scale[i] = w.weight[i];
        sums[layout.total] += double(w.weight[i]);
    }
}

// Whether the moments asked for are those of the features that the log-density has.
bool matches(const Model& m, Scatter scatter) {
    switch (m.form) {
        case Form::spherical: return scatter == Scatter::trace;
        case Form::diagonal: return scatter == Scatter::diagonal;
        default: return scatter == (m.tied ? Scatter::pooled : Scatter::full);
    }
}

template <typename Real>
void tile(const Rows& rows, std::ptrdiff_t begin, std::ptrdiff_t n, const Model& m, Packed<Real> p,
          const Given* given, const Layout& layout, const Output& out, Workspace<Real> w) {
    const std::ptrdiff_t padded = rows.single ? load_tile<Real, float>(rows, begin, n, w)
                                              : load_tile<Real, double>(rows, begin, n, w);
    if (given) {
        take_given(*given, begin, n, padded, layout, out.sums, w);
        return add_moments(p, padded, true, layout, out.sums, w);
    }
    // scores are worth the last digit, passes the speed
    const bool matching = out.sums && matches(m, layout.scatter);
    const bool near = p.near && ((m.form == Form::full && m.tied) || matching) && make_features(m, p, padded, w);
    if (!near) joint(m, p, padded, w);
    else if (p.n_features) joint_linear(m, p, padded, w);
    else joint_full(m, p, true, padded, w);
    if (out.labels) return write_labels(m.K, n, padded, w, out.labels + begin);
    const bool noise = m.log_noise > double(kLeast<Real>);
    if (noise) exponentiate<Real, true>(m.K, padded, Real(m.log_noise), w);
    else exponentiate<Real, false>(m.K, padded, Real(0), w);
    if (out.log_density) return write_log_densities(n, w, out.log_density + begin);
    if (out.responsibilities) return write_responsibilities(m.K, n, w, out.responsibilities + begin * m.K);
    add_likelihood(padded, layout, out.sums, w);
    if (near && matching)
        return p.n_features
                   ? moments_linear(p, noise, padded, layout, out.sums, w)
                   : moments_abreast(components_abreast<Real>(m), padded, out.exact, layout, out.sums, w);
    add_moments(p, padded, out.exact, layout, out.sums, w);
}

template <typename Real>
void chunk_of(const Rows& rows, std::ptrdiff_t begin, std::ptrdiff_t end, const Model& m, const void* packed,
              const Given* given, const Layout& layout, const Output& out, void* block) {
    Arena arena(block);
    Packed<Real> p = *static_cast<const Packed<Real>*>(packed);
    const Abreast abreast = sizes_abreast<Real>(m);
    Workspace<Real> w(arena, m.K, m.D, p.n_moments, abreast);
    const bool near = out.sums && !given && p.near && matches(m, layout.scatter);
    if (near && p.n_features) __builtin_memset(w.moments, 0, std::size_t(m.K * padded_moments(p.n_moments)) * sizeof(double));
    if (near) __builtin_memset(w.abreast, 0, std::size_t(abreast.sums) * sizeof(double));
    for (std::ptrdiff_t i = begin; i < end; i += w.T)
        tile(rows, i, end - i < w.T ? end - i : w.T, m, p, given, layout, out, w);
    if (near && p.n_features) return add_linear(p, layout, out.sums, w);
    if (!near) return;
    add_abreast(components_abreast<Real>(m), layout, out.sums, w);
    recentre(p, layout, out.sums);
}
void chunk(const Rows& rows, std::ptrdiff_t begin, std::ptrdiff_t end, const Model& m, bool single, const void* packed,
           const Given* given, const Layout& layout, const Output& out, void* workspace) {
    single ? chunk_of<float>(rows, begin, end, m, packed, given, layout, out, workspace)
           : chunk_of<double>(rows, begin, end, m, packed, given, layout, out, workspace);
}

}  // namespace

#define BACTRIAN_TEXT_(x) #x
#define BACTRIAN_TEXT(x) BACTRIAN_TEXT_(x)
extern const Variant variant;
const Variant variant = {BACTRIAN_TEXT(BACTRIAN_VARIANT), packed_bytes, workspace_bytes, pack_any, chunk,
                         {whiten, closer, nearest}};

}  // namespace bactrian::BACTRIAN_VARIANT
