internal import TransportCore

/// The keys that a mapping may and must have.
struct KeyTable {
    /// What has these keys, as a sentence names it.
    var owner: String
    var known: [String]
    /// Keys that must be there; of each group, one is enough.
    var required: [[String]] = []
    /// Keys that get a warning of their own: what is wrong, and what to write instead.
    var remarks: [String: Remark] = [:]

    typealias Remark = (message: String, remedy: String)

    /// For keys of a spec that stand one level too high.
    static let remarksBesideSpec: [String: Remark] = {
        var remarks: [String: Remark] = [:]
        for key in ["functions", "function", "urlPathTemplate", "maxNumBatchRequests", "transport", "timeouts"] {
            remarks[key] = ("'\(key)' stands beside 'spec', where it has no effect", "indent it below 'spec:'")
        }
        return remarks
    }()

    /// The entries of the known keys.
    ///
    /// A key that is nobody's gets a warning with the known key that is nearest. Where that one must be there and is not, it
    /// is an error, and the entry counts as the one that was meant, so that its value is checked as well.
    func sort(_ node: SpecNode, missingAt position: SourcePosition, into diagnostics: inout [SpecDiagnostic]) -> [String: SpecNode.Entry] {
        var found: [String: SpecNode.Entry] = [:]
        for entry in node.entries where known.contains(entry.key) && found[entry.key] == nil {
            found[entry.key] = entry
        }
        var missing = required.filter { group in !group.contains { found[$0] != nil } }
        for entry in node.entries where !known.contains(entry.key) {
            let length = entry.key.unicodeScalars.count
            let nearest = NearestName.of(entry.key, among: known)
            if let remark = remarks[entry.key] {
                diagnostics.append(
                    SpecDiagnostic(.warning, at: entry.keyPosition, length: length, remark.message, remedy: remark.remedy)
                )
            } else if let nearest, let group = missing.firstIndex(where: { $0.contains(nearest) }) {
                missing.remove(at: group)
                found[nearest] = entry
                diagnostics.append(
                    SpecDiagnostic(
                        .error,
                        at: entry.keyPosition,
                        length: length,
                        "'\(entry.key)' is not a key of \(owner)",
                        remedy: "write '\(nearest)'"
                    )
                )
            } else {
                diagnostics.append(
                    SpecDiagnostic(
                        .warning,
                        at: entry.keyPosition,
                        length: length,
                        "'\(entry.key)' is not a key of \(owner) and has no effect",
                        remedy: nearest.map { "write '\($0)'" } ?? "remove it, or use one of \(known.joined(separator: ", "))"
                    )
                )
            }
        }
        for group in missing {
            let name = group.first ?? ""
            diagnostics.append(
                SpecDiagnostic(.error, at: position, "\(owner) has no '\(name)'", remedy: "add '\(name): …'")
            )
        }
        return found
    }
}
