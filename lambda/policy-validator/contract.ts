/** The file beside the bundle that holds the catalogue's names, as `CatalogueNames`. */
export const namesFileName = 'names.json';
