/** The SDK that the drivers are pinned to; a test compares it with package.json and the installed package. */
export const SDK = '@breeztech/breez-sdk-spark 0.19.2';
