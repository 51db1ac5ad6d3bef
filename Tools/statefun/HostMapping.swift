import ArgumentParser

/// A line of `--host-map`: a host name of the module file, and what is called instead.
struct HostMapping: ExpressibleByArgument {
    let host: String
    let address: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        host = argument[..<equals].lowercased()
        address = String(argument[argument.index(after: equals)...])
        guard !address.isEmpty, !address.contains("/") else { return nil }
    }
}
