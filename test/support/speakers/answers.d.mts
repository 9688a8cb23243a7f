export declare class Failed extends Error {}
export declare class Unended extends Error {}
export declare class Untold extends Error {}
