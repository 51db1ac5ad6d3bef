@testable import ConformanceKit

/// An expectation in which one thing is another one.
struct ExpectationMutant {
    let path: String
    let value: FixtureValue
}

extension FixtureValue {
    /// What says what to do, or which functions to ask for, and expects nothing.
    private static let inputs: Set = [
        "shows", "environment", "default-transport", "transports", "serve", "together", "invoke", "with", "answer", "answer-body",
    ]

    /// Every expectation that differs in one text, or by one item of a list.
    func mutants(_ path: String = "") -> [ExpectationMutant] {
        switch self {
        case .text(let text):
            return [ExpectationMutant(path: path, value: .text(text + "x"))]
        case .list(let items):
            var mutants = items.indices.flatMap { index in
                items[index].mutants("\(path)[\(index)]").map { mutant in
                    var changed = items
                    changed[index] = mutant.value
                    return ExpectationMutant(path: mutant.path, value: .list(changed))
                }
            }
            // The server must answer what comes, and calls are no expectations.
            if !path.hasPrefix("calls"), !path.hasPrefix("connections") {
                mutants.append(ExpectationMutant(path: "the number of \(path)", value: .list(items + [.text("more")])))
                if !items.isEmpty {
                    mutants.append(ExpectationMutant(path: "the last of \(path)", value: .list(items.dropLast())))
                }
            }
            return mutants
        case .keys(let entries):
            return entries.indices.flatMap { index -> [ExpectationMutant] in
                let entry = entries[index]
                guard !Self.inputs.contains(entry.key) else { return [] }
                return entry.value.mutants(path.isEmpty ? entry.key : "\(path).\(entry.key)").map { mutant in
                    var changed = entries
                    changed[index].value = mutant.value
                    return ExpectationMutant(path: mutant.path, value: .keys(changed))
                }
            }
        }
    }
}
