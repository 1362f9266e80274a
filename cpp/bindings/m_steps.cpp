#include "m_steps.hpp"

#include "bind.hpp"
#include "factor.hpp"
#include "model.hpp"

namespace bactrian {
namespace {

// (covariances, held), flat, or None where the core has no answer. `before` is a mixture of any weights and means.
nb::object py_m_step(const std::string& letters, Doubles within, Doubles counts, Doubles minimum,
                     const std::optional<Flags>& constant, double span, const PyModel* before) {
    const std::ptrdiff_t K = counts.shape(0), D = minimum.shape(0);
    const Constraint constraint = constraint_of(letters);
    const Layout layout{constraint.scatter(), K, D};
    const std::ptrdiff_t size = layout.second_size() / (constraint.form() == Form::full ? layout.triangle() : 1) *
                                (constraint.form() == Form::full ? D * D : 1);
    if (std::ptrdiff_t(within.size()) != size || (before && (before->model.K != K || before->model.D != D)))
        throw std::invalid_argument("the scatter does not fit the constraint");
    Covariances found;
    bool good;
    {
        nb::gil_scoped_release release;
        good = m_step(constraint, {K, D, within.data(), counts.data()}, floor_of(minimum, constant, span, D),
                      before ? &before->model : nullptr, found);
    }
    return good ? nb::object(nb::make_tuple(copied(found.numbers), copied(found.held))) : nb::none();
}

// (matrices whose upper triangles mirror the lower, cholesky if `both`, inverse of that, which failed or -1): each by
// itself, since some are kept and others are not.
nb::tuple py_factor(nb::ndarray<const double, nb::ndim<3>, nb::c_contig, nb::device::cpu> matrices, bool both) {
    const std::size_t M = matrices.shape(0), D = matrices.shape(1), size = M * D * D;
    if (matrices.shape(2) != D) throw std::invalid_argument("matrices must be square");
    nb::object found[3];
    double* at[3];
    for (int i = 0; i < 3; ++i) {
        const std::size_t n = i == 1 && !both ? 0 : size;
        found[i] = nb::steal(PyBytes_FromStringAndSize(nullptr, Py_ssize_t(n * sizeof(double))));
        if (!found[i]) nb::raise_python_error();
        at[i] = reinterpret_cast<double*>(PyBytes_AS_STRING(found[i].ptr()));
    }
    const auto [mirrored, cholesky, inverse] = at;
    std::ptrdiff_t failed;
    {
        nb::gil_scoped_release release;
        for (std::size_t m = 0; m < M; ++m)
            for (std::size_t i = 0; i < D; ++i)
                for (std::size_t j = 0; j < D; ++j)
                    mirrored[(m * D + i) * D + j] = matrices.data()[(m * D + std::max(i, j)) * D + std::min(i, j)];
        failed = factor(mirrored, M, D, both ? cholesky : nullptr, inverse);
    }
    return nb::make_tuple(found[0], found[1], found[2], failed);
}

}  // namespace

void bind_m_steps(nb::module_& m) {
    m.def("m_step", py_m_step, "letters"_a, "within"_a, "counts"_a, "minimum"_a, "constant"_a.none(), "span"_a,
          "before"_a.none());
    m.def("factor", py_factor, "matrices"_a, "both"_a);
}

}  // namespace bactrian
