/// What a Markdown text refers to in this repository.
enum DocumentReferences {
    /// The targets of relative links, without their fragments.
    static func links(in text: String) -> [String] {
        text.matches(of: #/\]\(([^)\s]+)[^)]*\)/#).compactMap { match in
            let target = match.output.1
            guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
            let path = target.prefix { $0 != "#" }
            return path.isEmpty ? nil : String(path)
        }
    }

    /// Every script that is named, as a path from the root.
    static func scripts(in text: String) -> [String] {
        text.matches(of: #/scripts/[A-Za-z0-9._-]*[A-Za-z0-9]/#).map { String($0.output) }
    }

    /// The path from the root that a link in `document` leads to.
    static func resolve(_ link: String, in document: String) -> String {
        var components = document.split(separator: "/").dropLast().map(String.init)
        for component in link.split(separator: "/") where component != "." {
            if component == ".." {
                _ = components.popLast()
            } else {
                components.append(String(component))
            }
        }
        return components.joined(separator: "/")
    }
}
